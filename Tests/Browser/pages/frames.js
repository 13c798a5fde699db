// What a viewer sees: when each picture was shown, how large it was, and what came meanwhile.

const SAMPLE = 250; // ms between two looks at the statistics

export class FrameWatch {
    constructor(element, connection) {
        this.element = element;
        this.connection = connection;
        this.forget();
        this.marks = {};
        this.first = this.firstPicture();
        this.next();
        setInterval(() => this.sample(), SAMPLE);
    }

    mark(name) {
        this.marks[name] ??= performance.now();
    }

    /** When what came first: looked up often, until a picture was shown. */
    async firstPicture() {
        while (!this.marks.shown) {
            if (this.connection.connectionState === "connected") this.mark("connected");
            const video = await this.video();
            if (video?.packetsReceived > 0) this.mark("packet");
            if (video?.framesDecoded > 0) this.mark("decoded");
            await new Promise((resolve) => { setTimeout(resolve, 10); });
        }
        // Shown before the statistics, which may be 50 ms old, knew of it.
        for (const name of ["connected", "packet", "decoded"]) this.marks[name] ??= this.marks.shown;
        return this.marks;
    }

    async video() {
        return [...(await this.connection.getStats()).values()]
            .find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
    }

    forget() {
        this.frames = [];
        this.samples = [];
    }

    next() {
        this.element.requestVideoFrameCallback((now, { width, height }) => {
            this.mark("shown");
            this.frames.push([performance.timeOrigin + now, height || this.element.videoHeight]);
            this.next();
        });
    }

    async sample() {
        const value = await this.video();
        if (!value) return;
        this.samples.push({
            at: performance.timeOrigin + performance.now(),
            bytes: value.bytesReceived ?? 0,
            packets: value.packetsReceived ?? 0,
            lost: value.packetsLost ?? 0,
            frames: value.framesDecoded ?? 0,
            height: value.frameHeight ?? 0,
            freezes: value.freezeCount ?? null,
            nacks: value.nackCount ?? 0,
            plis: value.pliCount ?? 0,
        });
    }

    /** `frames`: [ms since 1970, lines] of each; `samples`: the statistics, four a second. */
    take() {
        const { frames, samples } = this;
        this.forget();
        return { frames, samples };
    }
}
