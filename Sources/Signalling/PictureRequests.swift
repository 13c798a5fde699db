import Primitives

// How viewers say which pictures they want:
//
//     {"type":"VIEWPORT","payload":{"shown":[{"participantId":"…","width":640,"height":360}]}}
//     {"type":"PREFER_LAYER","payload":{"participantId":"…","layer":"hi","pinned":true}}
//     {"type":"PAUSE","payload":{"participantId":"…"}}, and RESUME
extension PictureRequest {
    /// `VIEWPORT`: whoever is not named stays as it was; nothing in either direction is not visible.
    static func viewport(_ payload: JSONValue?) throws(UnusablePayload) -> [PictureRequest] {
        guard case .array(let entries)? = payload?["shown"] else {
            throw UnusablePayload(
                #"VIEWPORT has "shown": [{"participantId", "width", "height"}], in pixels."#)
        }
        guard entries.count <= SignallingLimits.picturesPerMessage else {
            throw UnusablePayload(
                "At most \(SignallingLimits.picturesPerMessage) pictures at once.")
        }
        var requests: [PictureRequest] = []
        for entry in entries {
            let size = PictureSize(
                width: try pixels(entry["width"]), height: try pixels(entry["height"]))
            requests.append(PictureRequest(try participant(entry), .shown(size)))
        }
        return requests
    }

    /// `PREFER_LAYER`: `layer` is one of the `rid`s in `STAGE_STATE`, or `null` for automatic.
    static func preference(_ payload: JSONValue?) throws(UnusablePayload) -> [PictureRequest] {
        let publisher = try participant(payload)
        var requests: [PictureRequest] = []
        switch payload?["layer"] {
        case .string(let name)?:
            requests.append(PictureRequest(publisher, .layer(name.isEmpty ? nil : name)))
        case .null?: requests.append(PictureRequest(publisher, .layer(nil)))
        case nil: break
        default: throw UnusablePayload(#""layer" is the name of a layer, or null for automatic."#)
        }
        switch payload?["pinned"] {
        case .bool(let isPinned)?: requests.append(PictureRequest(publisher, .pinned(isPinned)))
        case nil: break
        default: throw UnusablePayload(#""pinned" is true or false."#)
        }
        guard !requests.isEmpty else {
            throw UnusablePayload(#"PREFER_LAYER has "layer", "pinned" or both."#)
        }
        return requests
    }

    /// `PAUSE` and `RESUME`: of the picture; sound goes on.
    static func pause(_ payload: JSONValue?, _ isPaused: Bool) throws(UnusablePayload)
        -> [PictureRequest]
    {
        [PictureRequest(try participant(payload), .paused(isPaused))]
    }

    private static func participant(_ value: JSONValue?) throws(UnusablePayload) -> ParticipantID {
        guard let id = value?["participantId"]?.string, !id.isEmpty,
            id.utf8.count <= SignallingLimits.participantIDBytes
        else { throw UnusablePayload(#""participantId" names the publisher."#) }
        return ParticipantID(id)
    }

    private static func pixels(_ value: JSONValue?) throws(UnusablePayload) -> Int {
        let limit = SignallingLimits.longestSide
        switch value {
        case .integer(let count)?: return Int(min(max(count, 0), Int64(limit)))
        // A browser's layout is in fractions of a pixel.
        case .number(let count)? where count.isFinite:
            return Int(min(max(count.rounded(), 0), Double(limit)))
        default: throw UnusablePayload(#""width" and "height" are numbers of pixels."#)
        }
    }
}
