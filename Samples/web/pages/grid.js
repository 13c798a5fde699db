// How many tiles stand side by side.

const ASPECT = 16 / 9;

/**
 * The number of columns that makes 16:9 tiles largest.
 * @param {number} count of tiles, at least 1
 * @param {number} width of the room, in pixels
 * @param {number} height of the room; `Infinity` where the page may scroll
 * @param {number} gap between tiles
 * @returns {{columns: number, tileWidth: number}}
 */
export function tileLayout(count, width, height, gap) {
    let best = { columns: 1, tileWidth: 0 };
    for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const byWidth = (width - gap * (columns - 1)) / columns;
        const byHeight = ((height - gap * (rows - 1)) / rows) * ASPECT;
        const tileWidth = Math.floor(Math.max(0, Math.min(byWidth, byHeight)));
        if (tileWidth > best.tileWidth) best = { columns, tileWidth };
    }
    return best;
}

/** Where the page scrolls: one tile a row on a phone, two where there is room. */
export function scrollingLayout(count, width, gap) {
    const columns = Math.min(count, width >= 560 ? (width >= 1100 && count > 4 ? 3 : 2) : 1);
    return { columns, tileWidth: Math.floor((width - gap * (columns - 1)) / columns) };
}
