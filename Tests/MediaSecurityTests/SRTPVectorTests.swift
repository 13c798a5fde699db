import CSecurity
import Primitives
import Testing

@testable import MediaSecurity

@Suite("SRTP vectors of the RFCs")
struct SRTPVectorTests {
    @Test("RFC 3711 B.2: AES-CM key stream")
    func keystream() {
        let key = hex("2B7E151628AED2A6ABF7158809CF4F3C")
        let iv = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")
        var stream = [UInt8](repeating: 0, count: 0xFF02 * 16)
        #expect(unsafe c_rostrum_aes_keystream(key, iv, &stream, stream.count))
        #expect(
            Array(stream.prefix(48))
                == hex(
                    """
                    E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
                    41E95B3BB0A2E8DD477901E4FCA894C0
                    """))
        #expect(
            Array(stream.suffix(48))
                == hex(
                    """
                    EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE
                    6A2CC3787889374FBEB4C81B17BA6C44
                    """))
    }

    @Test("RFC 3711 B.3: key derivation")
    func derivation() {
        let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139")
        let salt = hex("0EC675AD498AFEEBB6960B3AABE6")
        func derive(_ label: UInt8, _ count: Int) -> [UInt8] {
            var out = [UInt8](repeating: 0, count: count)
            #expect(unsafe c_rostrum_srtp_derive(key, salt, label, &out, count))
            return out
        }
        #expect(derive(0, 16) == hex("C61E7A93744F39EE10734AFE3FF7A087"))
        #expect(derive(2, 14) == hex("30CBBC08863D8C85D49DB34A9AE1"))
        #expect(
            derive(1, 94)
                == hex(
                    """
                    CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
                    E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
                    6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2
                    """))
    }

    /// RFC 7714 §16: an RTP packet with "Gallia est omnis divisa in partes tres".
    private static let rtpHeader = hex("8040F17B 8041F8D3 5501A0B2")
    private static let gallia = hex(
        """
        47616C6C 69612065 7374206F 6D6E6973 20646976 69736120 696E2070 61727465
        73207472 6573
        """)
    private static let sessionKey = hex("000102030405060708090A0B0C0D0E0F")
    private static let sessionSalt = hex("517569642070726F2071756F")

    @Test("RFC 7714 16.1.1 and 16.1.2: AEAD_AES_128_GCM, RTP", arguments: SRTPEngine.available)
    func gcmRTP(engine: SRTPEngine) {
        let sealed =
            Self.rtpHeader
            + hex(
                """
                F24DE3A3FB34DE6CACBA861C9D7E4BCABE633BD50D294E6F42A5F47A51C7D19B
                36DE3ADF8833899D7F27BEB16A9152CF765EE4390CCE
                """)
        let seal = SRTPCipher(
            profile: .aeadAES128GCM, .sealing, engine: engine, sessionKey: Self.sessionKey,
            sessionSalt: Self.sessionSalt)
        var packet = ByteWriter(capacity: 128)
        packet.append(contentsOf: Self.rtpHeader)
        var none = SRTPBatch(capacity: 0, isUsed: false)
        seal.seal(
            headerStart: 0, bodyStart: packet.count, payload: Self.gallia.rawSpan,
            ssrc: 0x5501_A0B2,
            index: 0xF17B, tagSize: 16, into: &packet, batch: &none)
        #expect(packet.array == sealed)

        let open = SRTPCipher(
            profile: .aeadAES128GCM, .opening, engine: engine, sessionKey: Self.sessionKey,
            sessionSalt: Self.sessionSalt)
        var clear = ByteWriter(capacity: 128)
        #expect(
            open.open(
                sealed.rawSpan, headerSize: 12, ssrc: 0x5501_A0B2, index: 0xF17B, tagSize: 16,
                into: &clear))
        #expect(clear.array == Self.rtpHeader + Self.gallia)
    }

    @Test("RFC 7714 17.1 and 17.2: AEAD_AES_128_GCM, RTCP with index 0x5D4")
    func gcmRTCP() {
        let report = hex(
            """
            81C8000D 4D617273 4E545031 4E545032 52545020 0000042A 0000E930 4C756E61
            DEADBEEF DEADBEEF DEADBEEF DEADBEEF DEADBEEF
            """)
        let sealed = hex(
            """
            81C8000D4D61727363E94885DCDAB67CA727D7662F6B7E997FF5C0F76C06F32D
            C676A5F1730D6FDA4CE09B4686303DED0BB9275BC84AA45896CF4D2FC5ABF87245D9EADE
            800005D4
            """)
        let seal = SRTPCipher(
            profile: .aeadAES128GCM, .sealing, engine: .fastest, sessionKey: Self.sessionKey,
            sessionSalt: Self.sessionSalt)
        var packet = ByteWriter(capacity: 128)
        packet.append(contentsOf: report)
        seal.sealRTCP(start: 0, index: 0x5D4, overhead: 20, in: &packet)
        #expect(packet.array == sealed)

        let open = SRTPCipher(
            profile: .aeadAES128GCM, .opening, engine: .fastest, sessionKey: Self.sessionKey,
            sessionSalt: Self.sessionSalt)
        var clear = ByteWriter(capacity: 128)
        #expect(open.openRTCP(sealed.rawSpan, overhead: 20, into: &clear))
        #expect(clear.array == report)
    }
}
