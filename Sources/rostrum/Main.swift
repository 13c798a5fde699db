import StageServer

@main
enum Main {
    static func main() async {
        await RostrumCommand.runToTheEnd()
    }
}
