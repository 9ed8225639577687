// What Swift sees of OpenSSL 3: the headers, and functions for the macros that Swift cannot import.
// Each function does what the macro or the variadic function in its body does, nothing more.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/buffer.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Contexts.

static inline int edr_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int edr_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}

static inline long edr_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_mode(context, mode);
}

static inline long edr_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}

static inline long edr_SSL_CTX_set_max_cert_list(SSL_CTX *context, long bytes) {
    return SSL_CTX_set_max_cert_list(context, bytes);
}

static inline int edr_SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *algorithms) {
    return (int)SSL_CTX_set1_sigalgs_list(context, algorithms);
}

static inline int edr_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/// The keys that encrypt session tickets; with no buffer, how many bytes they take.
static inline int edr_SSL_CTX_get_ticket_keys(SSL_CTX *context, void *keys, int length) {
    return (int)SSL_CTX_get_tlsext_ticket_keys(context, keys, length);
}

static inline int edr_SSL_CTX_set_ticket_keys(SSL_CTX *context, void *keys, int length) {
    return (int)SSL_CTX_set_tlsext_ticket_keys(context, keys, length);
}

static inline int edr_SSL_CTX_set_app_data(SSL_CTX *context, void *data) {
    return SSL_CTX_set_app_data(context, data);
}

static inline void *edr_SSL_CTX_get_app_data(const SSL_CTX *context) {
    return SSL_CTX_get_app_data(context);
}

// Memory BIOs.

static inline int edr_BIO_pending(BIO *bio) {
    return BIO_pending(bio);
}

static inline long edr_BIO_get_mem_data(BIO *bio, const char **data) {
    return BIO_get_mem_data(bio, data);
}

/// How many bytes the memory BIO's buffer has allocated.
static inline size_t edr_BIO_mem_capacity(BIO *bio) {
    BUF_MEM *buffer = NULL;
    BIO_get_mem_ptr(bio, &buffer);
    return buffer == NULL ? 0 : buffer->max;
}

/// Gives the memory BIO a new, empty buffer and frees the one that it had. Returns 0 when memory is short.
static inline int edr_BIO_replace_mem_buffer(BIO *bio) {
    BUF_MEM *buffer = BUF_MEM_new();
    return buffer == NULL ? 0 : (int)BIO_set_mem_buf(bio, buffer, BIO_CLOSE);
}

// Keys and certificates.

/// Whether the error is the one with which every PEM reader meets the end of its input.
static inline int edr_ERR_is_end_of_pem(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static inline EVP_PKEY *edr_EVP_EC_gen(const char *curve) {
    return EVP_EC_gen(curve);
}

static inline int edr_sk_X509_num(const STACK_OF(X509) *stack) {
    return sk_X509_num(stack);
}

static inline X509 *edr_sk_X509_value(const STACK_OF(X509) *stack, int index) {
    return sk_X509_value(stack, index);
}

static inline STACK_OF(X509) *edr_sk_X509_new(void) {
    return sk_X509_new_null();
}

static inline int edr_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}

static inline void edr_sk_X509_free(STACK_OF(X509) *stack) {
    sk_X509_free(stack);
}

static inline GENERAL_NAMES *edr_GENERAL_NAMES_new(void) {
    return sk_GENERAL_NAME_new_null();
}

static inline int edr_GENERAL_NAMES_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
    return sk_GENERAL_NAME_push(names, name);
}

#endif
