/** The position of a server in its box; in a ring, also its side. */
export interface PlaceInBox {
  readonly server: string;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** In a ring, lines leave towards the middle. */
  readonly side: 'left' | 'right' | null;
}

/** The position of a server in the picture, and the number of its box. */
export interface ServerPlace extends PlaceInBox {
  readonly box: number;
}

/** Height of a server. */
export const pillHeight = 22;

/** Width of the number before a name. */
export const badgeWidth = 26;
