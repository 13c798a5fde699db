/// What the generator's thread is told.
enum Order: Sendable {
    case add(ClientOrder)
    case remove(ClientID)
    /// Begins to count from zero.
    case countAnew
}
