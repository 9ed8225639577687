import Control
import Glibc

exit(await ControlProgram.run(arguments: Array(CommandLine.arguments.dropFirst())))
