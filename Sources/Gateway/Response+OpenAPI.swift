import NIOCore
import NIOHTTP1
import StageAPI

extension Response {
    /// The document that describes the API: for anybody, and for pages of any origin.
    static let openAPI: Response = {
        var response = text(StageService.openAPIDocument, type: "application/json")
        response.headers.add(name: "Access-Control-Allow-Origin", value: "*")
        response.headers.add(name: "X-Content-Type-Options", value: "nosniff")
        return response
    }()
}
