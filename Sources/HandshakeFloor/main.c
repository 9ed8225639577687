/*
 * The floor of the handshakes benchmark: OpenSSL alone, with the manager's settings, between two ends in memory. No
 * sockets, no event loop. Prints how many full handshakes with both certificates the server's side does in a second of
 * processor time.
 *
 * usage: HandshakeFloor COUNT
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void check(int succeeded, const char *what) {
    if (succeeded) return;
    fprintf(stderr, "HandshakeFloor: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static double processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Somebody with a key and a certificate; without an issuer an authority. */
struct party {
    EVP_PKEY *key;
    X509 *certificate;
};

static void extend(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    check(extension != NULL && X509_add_ext(certificate, extension, -1), value);
    X509_EXTENSION_free(extension);
}

static struct party make(const char *name, const struct party *issuer) {
    struct party party = {EVP_EC_gen("P-256"), X509_new()};
    check(party.key != NULL && party.certificate != NULL, "make a key");
    const struct party *signer = issuer != NULL ? issuer : &party;
    X509_set_version(party.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(party.certificate), issuer != NULL ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(party.certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(party.certificate), 86400);
    X509_NAME *subject = X509_get_subject_name(party.certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(party.certificate, X509_get_subject_name(signer->certificate));
    X509_set_pubkey(party.certificate, party.key);
    extend(party.certificate, signer->certificate, NID_basic_constraints,
           issuer != NULL ? "critical,CA:FALSE" : "critical,CA:TRUE");
    extend(party.certificate, signer->certificate, NID_key_usage,
           issuer != NULL ? "critical,digitalSignature" : "critical,keyCertSign");
    extend(party.certificate, signer->certificate, NID_subject_key_identifier, "hash");
    if (issuer != NULL) {
        extend(party.certificate, signer->certificate, NID_authority_key_identifier, "keyid");
        extend(party.certificate, signer->certificate, NID_ext_key_usage, "clientAuth,serverAuth");
    }
    check(X509_sign(party.certificate, signer->key, EVP_sha256()) > 0, "sign a certificate");
    return party;
}

static SSL_CTX *context(const SSL_METHOD *method, const struct party *own, const struct party *authority) {
    SSL_CTX *context = SSL_CTX_new(method);
    check(context != NULL, "make a context");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority->certificate);
    check(SSL_CTX_use_certificate(context, own->certificate) && SSL_CTX_use_PrivateKey(context, own->key), "use a key");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return context;
}

static SSL *end(SSL_CTX *context) {
    SSL *end = SSL_new(context);
    check(end != NULL, "make a connection");
    SSL_set_bio(end, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    return end;
}

static void carry(SSL *from, SSL *to) {
    char bytes[16384];
    int count;
    while ((count = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes)) > 0) BIO_write(SSL_get_rbio(to), bytes, count);
}

int main(int count, char **arguments) {
    int handshakes = count == 2 ? atoi(arguments[1]) : 0;
    if (handshakes <= 0) {
        fprintf(stderr, "usage: HandshakeFloor COUNT\n");
        return 64;
    }
    struct party authority = make("authority", NULL);
    struct party manager = make("manager", &authority);
    struct party agent = make("agent", &authority);
    SSL_CTX *serving = context(TLS_server_method(), &manager, &authority);
    SSL_CTX *visiting = context(TLS_client_method(), &agent, &authority);
    SSL_CTX_add1_chain_cert(serving, authority.certificate);
    SSL_CTX_set_session_id_context(serving, (const unsigned char *)"floor", 5);
    SSL_CTX_set_session_cache_mode(serving, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(serving, 1);

    double spent = 0;
    for (int number = 0; number < handshakes; number++) {
        SSL *client = end(visiting);
        SSL_set_connect_state(client);
        double start = processor_time();
        SSL *server = end(serving);
        SSL_set_accept_state(server);
        spent += processor_time() - start;
        while (!SSL_is_init_finished(server)) {
            SSL_do_handshake(client);
            carry(client, server);
            start = processor_time();
            int result = SSL_do_handshake(server);
            check(result == 1 || SSL_get_error(server, result) == SSL_ERROR_WANT_READ, "shake hands");
            spent += processor_time() - start;
            carry(server, client);
        }
        start = processor_time();
        SSL_free(server);
        spent += processor_time() - start;
        SSL_free(client);
    }
    printf("%.0f\n", handshakes / spent);
    return 0;
}
