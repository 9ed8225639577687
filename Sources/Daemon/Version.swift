/// The version of the three programs, as `--version`, `status` and the agent's greeting say it.
package let programVersion = "0.1.0"
