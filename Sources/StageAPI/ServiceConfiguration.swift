/// Where this deployment is, as its answers say, and how much it holds.
package struct ServiceConfiguration: Hashable, Sendable {
    /// The region that requests are signed for and that stands in ARNs.
    package var region: String
    /// The account in ARNs: 12 digits.
    package var account: String
    /// `endpoints.events` of every stage: a `ws:` or `wss:` URL without a slash at its end.
    package var eventsURL: String
    /// `endpoints.whip` of every stage: an `http:` or `https:` URL without a slash at its end.
    package var whipURL: String
    package var quotas: ServiceQuotas

    package init(
        region: String, account: String, eventsURL: String, whipURL: String,
        quotas: ServiceQuotas = ServiceQuotas()
    ) {
        self.region = region
        self.account = account
        self.eventsURL = eventsURL
        self.whipURL = whipURL
        self.quotas = quotas
    }

    /// `arn:aws:ivs:<region>:<account>:<type>/<id>`; real-time resources too are called `ivs`.
    package func arn(_ type: String, _ id: String) -> String {
        "arn:aws:ivs:\(region):\(account):\(type)/\(id)"
    }
}
