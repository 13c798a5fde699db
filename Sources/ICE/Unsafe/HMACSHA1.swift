import CSecurity
import Primitives

/// HMAC-SHA1 (RFC 2104), the one thing of cryptography that STUN needs.
enum HMACSHA1 {
    static let size = 20

    /// The code over `first` followed by `second`.
    static func code(key: [UInt8], _ first: RawSpan, _ second: RawSpan) -> Code {
        var code = Code(repeating: 0)
        var words = code.mutableSpan
        // Sound because each pointer is used inside its own closure only and travels with its size,
        // and the result has room for the 20 bytes that are written.
        unsafe key.withUnsafeBytes { key in
            unsafe first.withUnsafeBytes { first in
                unsafe second.withUnsafeBytes { second in
                    unsafe words.withUnsafeMutableBufferPointer { out in
                        unsafe c_rostrum_hmac_sha1(
                            key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count,
                            first.baseAddress?.assumingMemoryBound(to: UInt8.self), first.count,
                            second.baseAddress?.assumingMemoryBound(to: UInt8.self), second.count,
                            out.baseAddress!)
                    }
                }
            }
        }
        return code
    }

    typealias Code = InlineArray<20, UInt8>
}
