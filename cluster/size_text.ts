/** Sizes of what is kept, for people. */

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** Such as `512 bytes`, `3.4 MiB`, `12 GiB`. */
export function sizeText(bytes: number): string {
  const rank = Math.min(
    bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10),
    units.length - 1,
  );
  const value = bytes / 2 ** (10 * rank);
  return `${rank === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)} ${units[rank]}`;
}
