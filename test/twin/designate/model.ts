/** What a zone and a record set go through until the name servers have them. */
interface Tracked {
  status: 'PENDING' | 'ACTIVE' | 'ERROR';
  action: 'CREATE' | 'UPDATE' | 'DELETE' | 'NONE';
  version: number;
  updatedAt: string | null;
}

/** A DNS zone. */
export interface Zone extends Tracked {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly type: 'PRIMARY' | 'SECONDARY';
  email: string | null;
  ttl: number;
  description: string | null;
  masters: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  serial: number;
  /** The zone above it in the same project. */
  parentId: string | null;
  readonly createdAt: string;
}

/** The records of one name and type. */
export interface RecordSet extends Tracked {
  readonly id: string;
  readonly zoneId: string;
  readonly projectId: string;
  readonly name: string;
  readonly type: string;
  ttl: number | null;
  description: string | null;
  records: readonly string[];
  /** Designate keeps it; nobody else may change it. */
  readonly managed: boolean;
  readonly createdAt: string;
}

/** The name that the address of a floating IP leads back to. */
export interface Pointer {
  readonly floatingId: string;
  readonly ptrdname: string;
  readonly ttl: number | null;
  readonly description: string | null;
}

/** Without a zone, as Designate prints a time. */
export function stampOf(when: Date = new Date()): string {
  return when.toISOString().slice(0, 23).concat('000');
}
