import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// The files of one folder, as they are now.
struct StaticFiles: Sendable {
    let directory: String
    let limit: Int

    /// - Parameter path: the components behind `/samples/`, decoded.
    /// - Returns: `nil` when there is no such file, or it may not be read.
    func response(for path: [String]) async -> Response? {
        guard let names = Self.names(path), let last = names.last,
            let bytes = await read(names.joined(separator: "/"))
        else { return nil }
        return Response(
            status: .ok,
            headers: [
                "Content-Type": Self.mediaType(of: last), "Cache-Control": "no-cache",
                "Content-Security-Policy": Self.policy, "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            ], body: bytes)
    }

    /// Only plain names lead anywhere: no dot in front, no separator, nothing odd. A folder means
    /// its index page.
    static func names(_ path: [String]) -> [String]? {
        var names = path
        if names.isEmpty || names.last == "" { names = names.dropLast() + ["index.html"] }
        let isPlain = names.allSatisfy { name in
            name.first != "."
                && !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
        return isPlain && names.count <= 8 ? names : nil
    }

    private func read(_ name: String) async -> ByteBuffer? {
        let (directory, limit) = (directory, limit)
        return try? await NIOThreadPool.singleton.runIfActive {
            let path = directory + "/" + name
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            guard facts[.type] as? FileAttributeType == .typeRegular,
                let size = facts[.size] as? Int, size <= limit,
                let data = FileManager.default.contents(atPath: path)
            else { return nil }
            return ByteBuffer(bytes: data)
        }
    }

    /// Module scripts of this server's own; connections anywhere, as the page may speak to another
    /// server than the one that it came from.
    static let policy = [
        "default-src 'self'", "connect-src * ws: wss:", "img-src 'self' data: blob:",
        "media-src 'self' blob: mediastream:", "style-src 'self' 'unsafe-inline'",
        "worker-src 'self' blob:", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
        "frame-ancestors 'self'",
    ].joined(separator: "; ")

    static func mediaType(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
        return mediaTypes[name[dot...].dropFirst().lowercased()] ?? "application/octet-stream"
    }

    private static let mediaTypes = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml", "json": "application/json", "map": "application/json",
        "txt": "text/plain; charset=utf-8", "md": "text/plain; charset=utf-8",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "ico": "image/vnd.microsoft.icon", "woff2": "font/woff2",
        "wasm": "application/wasm", "mp4": "video/mp4", "webm": "video/webm",
        "webmanifest": "application/manifest+json",
    ]
}
