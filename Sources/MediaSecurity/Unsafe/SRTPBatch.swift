internal import CSecurity
package import Primitives

/// Packets in one writer whose HMAC-SHA1 tags are computed together, up to sixteen side by side: for
/// ``SRTPProfile/aes128CMHMACSHA1_80``, where libipsec_mb is installed and measures faster than OpenSSL.
/// Otherwise, and with GCM, ``SRTPSealer`` leaves nothing to it.
///
/// A sealed packet is whole, and may be sent, moved or forgotten, after ``finish(in:)`` only.
@safe
package struct SRTPBatch: ~Copyable {
    /// `nil` where tags are computed one by one.
    let batch: OpaquePointer?

    /// - Parameter capacity: packets that wait at most; the tags of more are computed at once.
    package init(capacity: Int, isUsed: Bool = SRTPEngine.batchesTags) {
        unsafe batch = isUsed ? c_rostrum_srtp_batch_create(capacity) : nil
    }

    // Sound because nobody else frees it, and every other use is exclusive.
    deinit { unsafe c_rostrum_srtp_batch_free(batch) }

    /// Computes the tags that wait, into the writer that the packets were sealed into.
    package mutating func finish(in writer: inout ByteWriter) {
        guard let batch = unsafe batch else { return }
        // Sound because every packet of the batch lies in what is written, which only grows, and is
        // forgotten by whoever finishes first (see above).
        let isDone = unsafe c_rostrum_srtp_batch_finish(
            batch, writer.baseAddress.assumingMemoryBound(to: UInt8.self))
        precondition(isDone, "a keyed hash failed")
    }
}
