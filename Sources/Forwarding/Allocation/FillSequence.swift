/// The order in which the steps of all publishers are paid for: each publisher's lowest layer by
/// priority, and then whoever is farthest below what it is shown at.
///
/// The order does not depend on the rate. What a rate pays for is the beginning of it, and so a higher
/// rate gives nobody less.
struct FillSequence: Sendable {
    struct Step: Sendable {
        /// Its place among the publishers.
        var publisher: UInt8
        var level: Int8
        /// What it takes beyond the level below.
        var cost: Int64
        /// How much of what is wanted the level below shows, in 1/1024; less is first.
        var key: Int64

        /// Of two that are equally far below, the lower layer: it is the cheaper step.
        func goesBefore(_ other: Step) -> Bool {
            key == other.key ? level < other.level : key < other.key
        }
    }

    /// What happens at a step that cannot be paid for.
    enum Gap {
        /// Nothing behind it is given: as if nobody had anything.
        case ends
        /// Steps behind it that can be paid for stay: nobody loses more than it has to.
        case isPassed
    }

    private(set) var steps: [Step] = []
    private var order: [UInt8] = []

    mutating func prepare(_ publishers: [WatchedPublisher], _ ladders: [LayerLadder]) {
        rank(ladders)
        steps.removeAll(keepingCapacity: true)
        for place in order where ladders[Int(place)].top >= 0 {
            steps.append(
                Step(publisher: place, level: 0, cost: ladders[Int(place)].cost(0), key: -1))
        }
        for place in order where ladders[Int(place)].top > 0 {
            appendSteps(
                of: place, ladders[Int(place)], weight: publishers[Int(place)].weight)
        }
    }

    private mutating func appendSteps(of place: UInt8, _ ladder: LayerLadder, weight: Int64) {
        let wanted = ladder.wanted * weight
        for level in 1...ladder.top {
            insert(
                Step(
                    publisher: place, level: level,
                    cost: ladder.cost(level) - ladder.cost(level - 1),
                    key: ladder.pixels(level - 1) * 1024 / wanted))
        }
    }

    /// Sorts by priority; who is equal stays in the given order. In place: a library sort may allocate.
    private mutating func rank(_ ladders: [LayerLadder]) {
        order.removeAll(keepingCapacity: true)
        for index in ladders.indices {
            var place = order.count
            while place > 0, ladders[index].priority > ladders[Int(order[place - 1])].priority {
                place -= 1
            }
            order.insert(UInt8(index), at: place)
        }
    }

    private mutating func insert(_ step: Step) {
        var place = steps.count
        steps.append(step)
        while place > 0, step.goesBefore(steps[place - 1]) {
            steps[place] = steps[place - 1]
            place -= 1
        }
        steps[place] = step
    }

    /// Pays for steps.
    ///
    /// - Parameters:
    ///   - rate: what there is for pictures.
    ///   - carriesLowest: lowest layers are given whatever the rate.
    ///   - bounds: the level that each publisher has at most.
    ///   - levels: receives the level of each.
    func fill(
        _ rate: Int64, carriesLowest: Bool, bounds: [Int8], at gap: Gap, into levels: inout [Int8]
    ) {
        var left = rate
        for index in levels.indices { levels[index] = -1 }
        for step in steps {
            let publisher = Int(step.publisher)
            guard step.level <= bounds[publisher], step.level == levels[publisher] + 1 else {
                continue
            }
            if step.cost <= left || (carriesLowest && step.level == 0) {
                left -= step.cost
                levels[publisher] = step.level
            } else if !passes(step, at: gap) {
                return
            }
        }
    }

    private func passes(_ step: Step, at gap: Gap) -> Bool {
        if step.level == 0 { return step.cost > AllocationRules.thumbnailRate }
        return gap == .isPassed
    }

    /// What the first step takes that `levels` lack; `nil` when they lack none.
    func nextCost(after levels: [Int8]) -> Int64? {
        steps.first { $0.level == levels[Int($0.publisher)] + 1 }?.cost
    }
}
