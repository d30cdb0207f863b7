/** One decoded picture, whatever kind of file it comes from. */

/** Grey or coloured pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 … 1 */
  readonly values: Float32Array;
  /** Where in its file the picture's size stands, for messages. */
  readonly sizeByte: number;
}
