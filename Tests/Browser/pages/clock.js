// A clock that is drawn into a picture and read back from pixels: 36 black or white cells along the
// top edge. 32 bits of time in tenths of a millisecond, then a 4-bit checksum. Both ends run on one
// machine, so both read one clock.

const TIME_BITS = 32;
const CELLS = 36;
const STRIP = 48; // of 720 lines: survives a scale-down to 270 lines and a low bit rate

/** Tenths of a millisecond since 1970, modulo 2^32 (five days). */
function now() {
    return Math.floor((performance.timeOrigin + performance.now()) * 10) % 2 ** TIME_BITS;
}

function checksum(time) {
    let sum = 0b1010;
    for (let shift = 0; shift < TIME_BITS; shift += 4) sum ^= (time >>> shift) & 0b1111;
    return sum;
}

/** A worker's timer is not throttled in a page that nobody looks at. */
function every(milliseconds, work) {
    const code = `setInterval(() => postMessage(0), ${milliseconds})`;
    const worker = new Worker(URL.createObjectURL(new Blob([code])));
    worker.addEventListener("message", work);
}

export class ClockSource {
    constructor(width, height, framesPerSecond) {
        this.canvas = document.createElement("canvas");
        this.canvas.width = width;
        this.canvas.height = height;
        this.context = this.canvas.getContext("2d", { alpha: false });
        this.count = 0;
        this.draw();
        [this.track] = this.canvas.captureStream(0).getVideoTracks();
        every(1000 / framesPerSecond, () => {
            this.draw();
            this.track.requestFrame();
        });
    }

    draw() {
        const { context, canvas } = this;
        this.count += 1;
        // Something that moves, so that the encoder works as with a camera.
        context.fillStyle = `hsl(${this.count % 360} 40% 40%)`;
        context.fillRect(0, STRIP, canvas.width, canvas.height - STRIP);
        context.fillStyle = "#ddd";
        for (let i = 0; i < 8; i += 1) {
            const x = (this.count * (5 + i) + i * 160) % canvas.width;
            context.fillRect(x, STRIP + 40 + i * 75, 120, 50);
        }
        const time = now();
        const sum = checksum(time);
        const cell = canvas.width / CELLS;
        for (let i = 0; i < CELLS; i += 1) {
            const bit = i < TIME_BITS ? (time >>> i) & 1 : (sum >>> (i - TIME_BITS)) & 1;
            context.fillStyle = bit ? "#fff" : "#000";
            context.fillRect(Math.floor(i * cell), 0, Math.ceil(cell), STRIP);
        }
    }
}

/** Reads decoded frames as they leave the decoder, and falls back to what the compositor shows. */
export class ClockReader {
    constructor(track) {
        this.canvas = new OffscreenCanvas(CELLS, 1);
        this.context = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false });
        this.forget();
        if ("MediaStreamTrackProcessor" in window) this.readTrack(track);
        else this.readElement(track);
    }

    forget() {
        this.latencies = [];
        this.unreadable = 0;
    }

    take() {
        const { latencies, unreadable, width, height } = this;
        this.forget();
        return { latencies, unreadable, width, height };
    }

    async readTrack(track) {
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        for (;;) {
            const { value: frame, done } = await reader.read();
            if (done) return;
            const arrived = now();
            this.read(frame, frame.displayWidth, frame.displayHeight, arrived);
            frame.close();
        }
    }

    readElement(track) {
        const element = document.createElement("video");
        element.muted = true;
        element.srcObject = new MediaStream([track]);
        document.body.append(element);
        const next = () => {
            this.read(element, element.videoWidth, element.videoHeight, now());
            element.requestVideoFrameCallback(next);
        };
        element.requestVideoFrameCallback(next);
        element.play();
    }

    read(image, width, height, arrived) {
        this.width = width;
        this.height = height;
        const strip = (STRIP / 720) * height;
        this.context.drawImage(image, 0, strip / 4, width, strip / 2, 0, 0, CELLS, 1);
        const { data } = this.context.getImageData(0, 0, CELLS, 1);
        let time = 0;
        let sum = 0;
        for (let i = 0; i < CELLS; i += 1) {
            const bit = data[i * 4] + data[i * 4 + 1] + data[i * 4 + 2] > 384 ? 1 : 0;
            if (i < TIME_BITS) time = (time | (bit << i)) >>> 0;
            else sum |= bit << (i - TIME_BITS);
        }
        if (sum !== checksum(time)) {
            this.unreadable += 1;
            return;
        }
        this.latencies.push(((arrived - time + 2 ** TIME_BITS) % 2 ** TIME_BITS) / 10);
    }
}

/** The floor of the method: canvas to reader in one page, nothing between. */
window.clockFloor = async (milliseconds) => {
    const reader = new ClockReader(new ClockSource(1280, 720, 30).track);
    await new Promise((resolve) => setTimeout(resolve, 500));
    reader.take();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return reader.take();
};
