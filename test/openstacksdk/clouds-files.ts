import { Dice } from '../support/dice.ts';

/** One set of files and variables that name a cloud, legal or broken. */
export interface Case {
  /** The texts of files of `.config/openstack`, by their names. */
  readonly files: Readonly<Record<string, string>>;
  readonly cloud: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has something that Godwit refuses by design although openstacksdk reads it. */
  readonly odd: boolean;
}

type Pairs = [key: string, source: string | Pairs][];

const plainTexts = [
  'demo',
  'Default',
  'p4ss-word',
  'a b',
  'p#w',
  '1e3',
  '-x',
  'x/y:z',
  'été',
  '123456',
  '12345678901234567890123456789012',
];
const trickyTexts = [
  '0123',
  '1.10',
  'yes',
  'Off',
  'null',
  '~',
  '2026-11-30',
  '12:30:45',
  '0x1F',
  '1_000',
  '=',
  '.5',
  '+7',
  'true',
  '-0',
];
const quotedTexts = ["it's", 'p: w', ' padded ', '{x}', '@at', '%h', '"', '', '#', 'a\\b', '\u{1f511}', ...trickyTexts];

/** Makes one case; the same seed makes the same. */
export function caseOf(seed: number): Case {
  return new Maker(new Dice(seed)).make();
}

class Maker {
  readonly #dice: Dice;
  #odd = false;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  make(): Case {
    const dice = this.#dice;
    if (dice.chance(12)) return this.#variables();
    const cloud = this.#cloud();
    const others: Pairs = dice.chance(30) ? [['other', this.#cloud()]] : [];
    const secure = dice.chance(15) ? this.#split(cloud) : null;
    const profile = dice.chance(8) ? this.#profile(cloud) : null;
    const [top, used] = this.#merged(cloud);
    const clouds: Pairs = [['one', used], ...others];
    const text = this.#spoilt(yaml([...top, ['clouds', clouds]]));
    const files: Record<string, string> = { 'clouds.yaml': text };
    if (secure !== null) files['secure.yaml'] = yaml([['clouds', [['one', secure]]]]);
    if (profile !== null) files['clouds-public.yaml'] = profile;
    const named = others.length > 0 || dice.chance(60);
    const wrong = dice.chance(3);
    return { files, cloud: wrong ? 'missing' : named ? 'one' : null, environment: {}, odd: this.#odd };
  }

  /** A text as it may stand in a file: mostly plain or quoted, sometimes one that YAML misreads. */
  #text(): string {
    const dice = this.#dice;
    if (dice.chance(6)) {
      this.#odd = true;
      return dice.of(trickyTexts);
    }
    if (dice.chance(30)) return quoted(dice.of(quotedTexts.filter((text) => text !== '')), dice.chance(50));
    return dice.of(plainTexts);
  }

  #key(name: string): string {
    return this.#dice.chance(8) ? name.replaceAll('_', '-') : name;
  }

  #cloud(): Pairs {
    const dice = this.#dice;
    const auth: Pairs = [];
    const beside: Pairs = [];
    const put = (key: string, source: string): void => void (dice.chance(15) ? beside : auth).push([this.#key(key), source]);
    put('auth_url', this.#url());
    const type = dice.of(['password', 'password', 'password', 'v3password', 'token', 'v3token', 'v3applicationcredential']);
    if (type !== 'password' || dice.chance(20)) beside.push(['auth_type', type]);
    this.#proof(type, put);
    if (type !== 'v3applicationcredential') this.#project(type, put);
    if (dice.chance(4)) {
      this.#odd = true;
      auth.push([dice.of(['user_domain', 'region_name', 'tenant', 'passwd', 'trust_id']), this.#text()]);
    }
    const whole: Pairs = [['auth', auth], ...beside, ...this.#region(), ...this.#access()];
    return dice.chance(2) ? whole.filter(([key]) => key !== 'auth') : whole;
  }

  #url(): string {
    const host = this.#dice.of(['https://keystone.example:5000', 'http://[2001:db8::1]/identity', 'https://x.example/']);
    return `${host}${this.#dice.of(['', '/v3', '/v3/', ''])}`.replace('//v3', '/v3').replace(/^(http:.*)$/, '"$1"');
  }

  #proof(type: string, put: (key: string, source: string) => void): void {
    const dice = this.#dice;
    const user = (): void => {
      if (dice.chance(15)) put('user_id', this.#text());
      else {
        put(dice.chance(10) ? 'user_name' : 'username', this.#text());
        if (type !== 'password' || dice.chance(60)) put(dice.of(['user_domain_id', 'user_domain_name']), this.#text());
      }
    };
    if (type.endsWith('password')) {
      user();
      if (!dice.chance(3)) put('password', this.#text());
    } else if (type.endsWith('token')) put(dice.chance(10) ? 'auth_token' : 'token', this.#text());
    else {
      if (dice.chance(60)) put('application_credential_id', this.#text());
      else {
        put('application_credential_name', this.#text());
        user();
      }
      put('application_credential_secret', this.#text());
    }
  }

  #project(type: string, put: (key: string, source: string) => void): void {
    const dice = this.#dice;
    if (dice.chance(20)) {
      put(dice.of(['project_id', 'tenant_id']), this.#text());
      return;
    }
    put(dice.of(['project_name', 'project_name', 'tenant_name']), this.#text());
    const how = dice.below(type.startsWith('v3') ? 3 : 6);
    if (how < 2) put(dice.of(['project_domain_id', 'project_domain_name']), this.#text());
    else if (how === 2) put(dice.of(['domain_id', 'domain_name']), this.#text());
    else if (how === 3) put(dice.of(['default_domain_id', 'default_domain_name']), this.#text());
    if (dice.chance(5)) {
      // It may stand there already: a key twice is refused.
      this.#odd = true;
      put(dice.of(['domain_id', 'user_domain_name', 'project_domain_id', 'project_id']), this.#text());
    }
  }

  #region(): Pairs {
    const dice = this.#dice;
    const pairs: Pairs = [];
    if (dice.chance(40)) pairs.push(['region_name', this.#text()]);
    if (dice.chance(12)) {
      const several = dice.chance(50);
      this.#odd ||= several;
      const one = dice.chance(50) ? '{name: north, values: {interface: internal, auth: {password: northern}}}' : 'north';
      pairs.push(['regions', several ? `[${one}, south]` : `[${one}]`]);
    } else if (dice.chance(4)) {
      this.#odd = true;
      return [['region_name', dice.of(['north,south', '[north, south]', '[]', '""', 'null'])]];
    }
    return pairs;
  }

  #access(): Pairs {
    const dice = this.#dice;
    const pairs: Pairs = [];
    if (dice.chance(30)) pairs.push(['interface', dice.of(['public', 'internal', 'admin', 'internalURL'])]);
    if (dice.chance(10)) pairs.push(['endpoint_type', dice.of(['internal', 'adminURL'])]);
    if (dice.chance(15)) pairs.push(['verify', dice.of(['true', 'false', 'no', 'On'])]);
    if (dice.chance(10)) pairs.push(['insecure', dice.of(['true', 'no', '"True"', '"false"', 'null'])]);
    if (dice.chance(10))
      pairs.push([
        dice.of(['network_endpoint_override', 'compute_endpoint', 'image-endpoint-override']),
        'http://a.example:9696',
      ]);
    if (dice.chance(6)) {
      this.#odd = true;
      pairs.push(
        dice.of<Pairs[number]>([
          ['verify', '"false"'],
          ['insecure', '"yes"'],
          ['insecure', '1'],
          ['compute_region_name', 'south'],
          ['network_interface', 'admin'],
          ['endpoint-type', 'admin'],
          ['auth_plugin', 'token'],
          ['interface', '[internal, public]'],
          ['identity_api_version', '"2.0"'],
          ['auth_type', 'v3oidcpassword'],
          ['profile', 'nowhere'],
          ['verify', '~'],
        ]),
      );
    }
    if (dice.chance(20))
      pairs.push([dice.of(['volume_api_version', 'image_format', 'x-note', 'compute_default_microversion']), '"2"']);
    return pairs;
  }

  /** Takes the secrets of a cloud away, for secure.yaml. */
  #split(cloud: Pairs): Pairs {
    const secrets: Pairs = [];
    for (const part of [
      cloud,
      ...cloud.flatMap(([key, inner]) => (key === 'auth' && typeof inner !== 'string' ? [inner] : [])),
    ]) {
      const at = part.findIndex(([key]) => ['password', 'token', 'application_credential_secret'].includes(key));
      if (at >= 0) secrets.push(...part.splice(at, 1));
    }
    return [['auth', secrets.length > 0 ? secrets : [['password', 'unused']]]];
  }

  /** Moves some of a cloud into a profile of clouds-public.yaml. */
  #profile(cloud: Pairs): string {
    const at = cloud.findIndex(([key]) => ['interface', 'verify', 'region_name'].includes(key));
    const moved = at < 0 ? [] : cloud.splice(at, 1);
    cloud.push([this.#dice.of(['profile', 'cloud']), 'shared']);
    return yaml([['public-clouds', [['shared', [...moved, ['auth', [['auth_url', 'https://profile.example/v3']]]]]]]]);
  }

  /** Puts a part of a cloud, or of its auth, behind a merge key. */
  #merged(cloud: Pairs): [Pairs, Pairs] {
    if (!this.#dice.chance(20)) return [[], cloud];
    const auth = cloud.find(([key]) => key === 'auth')?.[1];
    const part = this.#dice.chance(50) && auth !== undefined && typeof auth !== 'string' ? auth : cloud;
    const half = part.splice(0, 1 + this.#dice.below(part.length));
    part.unshift(['<<', this.#dice.chance(30) ? '[*base, *base]' : '*base']);
    return [[['x-base', [['&base', half]]]], cloud];
  }

  /** Breaks a few files, each in one place. */
  #spoilt(text: string): string {
    const dice = this.#dice;
    if (!dice.chance(5)) return text;
    this.#odd = true;
    const lines = text.split('\n');
    const at = dice.below(lines.length);
    const broken = dice.of([
      '\t- x',
      '  : ][',
      '}',
      'password: "open',
      '  <<: 7',
      '--- {}',
      '  k: !!python/none x',
      lines[at] ?? '',
    ]);
    return [...lines.slice(0, at), broken, ...lines.slice(at)].join('\n');
  }

  #variables(): Case {
    const dice = this.#dice;
    const environment: Record<string, string> = {};
    for (const [key, source] of flat(this.#cloud())) {
      const isText = !/[[{*~]|^null$|-/.test(source) && !key.includes('-') && !['regions', 'verify', 'profile'].includes(key);
      if (isText) environment[`OS_${key.toUpperCase()}`] = unquote(source);
    }
    // A variable is a text, whatever YAML would make of it.
    if (dice.chance(20)) environment['OS_USER_DOMAIN_ID'] = '';
    if (dice.chance(10)) environment['OS_TEST_NOTE'] = 'x';
    const odd = this.#odd || 'OS_INSECURE' in environment || isOfDomainAlone(environment);
    return { files: {}, cloud: null, environment, odd };
  }
}

/** Whether variables log in to a domain and no project, which is all that Godwit moves. */
function isOfDomainAlone(environment: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(environment);
  return names.some((name) => /^OS_DOMAIN_/.test(name)) && !names.some((name) => /^OS_(PROJECT|TENANT)_(ID|NAME)$/.test(name));
}

function flat(pairs: Pairs): [string, string][] {
  return pairs.flatMap(([key, inner]) => (typeof inner === 'string' ? [[key, inner] as [string, string]] : flat(inner)));
}

function unquote(source: string): string {
  if (source.startsWith('"')) return JSON.parse(source) as string;
  return source.startsWith("'") ? source.slice(1, -1).replaceAll("''", "'") : source;
}

function quoted(text: string, single: boolean): string {
  return single ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

function yaml(pairs: Pairs, indent = ''): string {
  return pairs
    .map(([key, inner]) => {
      if (typeof inner === 'string') return `${indent}${key}: ${inner}`;
      // `[['x-base', [['&base', half]]]]` is a mapping with an anchor.
      const [first] = inner;
      if (first !== undefined && first[0] === '&base' && typeof first[1] !== 'string')
        return `${indent}${key}: &base\n${yaml(first[1], `${indent}  `)}`;
      return inner.length === 0 ? `${indent}${key}: {}` : `${indent}${key}:\n${yaml(inner, `${indent}  `)}`;
    })
    .join('\n');
}
