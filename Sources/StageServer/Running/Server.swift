enum Server { static func run(_ c: ServerConfiguration) async throws {} }
