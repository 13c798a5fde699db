// Waiting before another try: longer each time, and never in step with everybody else.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * @param {number} attempt 0 for the first wait
 * @param {() => number} [random] 0 to 1
 * @returns {number} milliseconds: between half and all of 0.5 s, 1 s, 2 s … 30 s
 */
export function backoff(attempt, random = Math.random) {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
    return Math.round(most * (0.5 + 0.5 * random()));
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>} rejects with the signal's reason when it is aborted
 */
export function wait(milliseconds, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(signal.reason);
            return;
        }
        const abort = () => {
            clearTimeout(timer);
            reject(signal.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", abort);
            resolve();
        }, milliseconds);
        signal?.addEventListener("abort", abort, { once: true });
    });
}
