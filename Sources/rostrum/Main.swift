import Foundation
import StageServer

@main
enum Main {
    static func main() async {
        exit(await RostrumCommand.runToTheEnd())
    }
}
