import type { Random } from './random.ts';

const KiB = 1024;

const daemons = ['sshd', 'nginx', 'postgres', 'systemd', 'kernel', 'cron', 'dhclient'];
const events = [
  'Accepted publickey for deploy from %a port %n ssh2: ED25519 SHA256:%h',
  '"GET /api/v2/items/%n?session=%h HTTP/1.1" 200 %n "-" "Mozilla/5.0 (X11; Linux x86_64)"',
  "duration: %n.%n ms  statement: SELECT * FROM orders WHERE id = %n AND token = '%h'",
  'Started Session %n of user deploy.',
  'checkpoint complete: wrote %n buffers (%n%); %n WAL file(s) added, %n removed',
  '"POST /login HTTP/1.1" 302 %n "https://shop.example/%h" "curl/7.88.1"',
];

/** Lines as servers write them: repetitive, with numbers, addresses and tokens in them. */
export function logText(random: Random, length: number): Buffer {
  const lines: string[] = [];
  let written = 0;
  let second = random.below(86_400);
  while (written < length) {
    const chance = random.bytes(64);
    let at = 0;
    const number = (): number => {
      at = (at + 2) % 60;
      return chance.readUInt16BE(at);
    };
    second += number() % 3;
    const time = new Date(second * 1000).toISOString().slice(11, 19);
    const event = (events[number() % events.length] ?? '').replace(/%[anh]/g, (place) =>
      place === '%a' ? `10.0.${number() % 8}.${number() % 256}` : place === '%n' ? `${number()}` : chance.toString('hex', 40, 56),
    );
    const line = `Nov 21 ${time} web-1 ${daemons[number() % daemons.length]}[${number()}]: ${event}\n`;
    lines.push(line);
    written += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, length);
}

/**
 * Pages of 8 KiB as a database keeps them: a header, sorted keys, half-full rows of short words and
 * numbers.
 */
export function databasePages(random: Random, length: number): Buffer {
  const pages = Buffer.alloc(length);
  for (let page = 0; page < length; page += 8 * KiB) {
    const end = Math.min(length, page + 8 * KiB);
    const full = page + Math.floor((end - page) * (0.55 + random.below(40) / 100));
    random.bytes(24).copy(pages, page, 0, Math.min(24, end - page));
    for (let row = page + 24, key = random.below(1e9); row + 64 < full; row += 64, key += 1 + random.below(9)) {
      pages.writeUInt32BE(key, row);
      random.bytes(20).copy(pages, row + 4);
      pages.write(`customer-${key % 5000}@example.org`, row + 24, 'latin1');
    }
  }
  return pages;
}
