/** The states of an image that the twin knows. */
type ImageStatus = 'queued' | 'saving' | 'active' | 'killed' | 'deactivated';

/** An image; its bytes are a file named by its id. */
export interface Image {
  readonly id: string;
  name: string | null;
  status: ImageStatus;
  owner: string;
  visibility: 'public' | 'private' | 'shared' | 'community';
  protected: boolean;
  hidden: boolean;
  diskFormat: string | null;
  containerFormat: string | null;
  minDisk: number;
  minRam: number;
  tags: string[];
  /** Every property that is not one of Glance's own. */
  properties: Record<string, string>;
  /** Projects an image is shared with, and what each answered. */
  members: Record<string, 'pending' | 'accepted' | 'rejected'>;
  size: number | null;
  virtualSize: number | null;
  md5: string | null;
  sha512: string | null;
  /** The digest that stands in the place of SHA-512, by Python's name. */
  hashing?: string;
  readonly createdAt: string;
  updatedAt: string;
}
