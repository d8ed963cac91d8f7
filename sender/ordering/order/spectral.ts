import { seededRandom } from '../math/random.ts';
import type { Instance } from './instance.ts';

const maxIterations = 300;

/**
 * The second smallest eigenvalue of a component's Laplacian, as found and never too small, and its
 * vector.
 */
export interface Fiedler {
  readonly value: number;
  readonly vector: Float64Array;
}

/**
 * The Fiedler vector: servers that exchange much have similar values (M. Fiedler, 1973). Found by
 * conjugate gradients on the Rayleigh quotient, with the diagonal as preconditioner.
 */
export function fiedlerOf(instance: Pick<Instance, 'from' | 'to' | 'weight'>, part: readonly number[]): Fiedler {
  const size = part.length;
  const laplacian = laplacianOf(instance, part);
  const random = seededRandom(size);
  const x = Float64Array.from({ length: size }, () => random.next() - 0.5);
  centre(x);
  scale(x, 1 / Math.sqrt(dot(x, x)));
  const ax = laplacian.times(x);
  let value = dot(x, ax);
  let previous = 0;
  const p = new Float64Array(size);
  for (let iteration = 0; iteration < maxIterations && size > 1; iteration++) {
    const r = x.map((xi, i) => (ax[i] as number) - value * xi);
    const z = r.map((ri, i) => ri / Math.max(1e-300, laplacian.diagonal[i] as number));
    centre(z);
    const now = dot(r, z);
    if (!(now > 1e-18 * value * value)) break;
    const beta = previous === 0 ? 0 : now / previous;
    for (let i = 0; i < size; i++) p[i] = beta * (p[i] as number) - (z[i] as number);
    centre(p);
    previous = now;
    const next = lowestOfPlane(x, ax, p, laplacian.times(p));
    if (next === null || !(next < value * (1 + 1e-15))) break;
    value = next;
  }
  return { value, vector: x };
}

/**
 * Replaces x by the vector of least Rayleigh quotient in the plane of x and p. Null where p adds
 * nothing.
 */
function lowestOfPlane(x: Float64Array, ax: Float64Array, p: Float64Array, ap: Float64Array): number | null {
  const along = dot(x, p);
  // With p orthogonal to x and both of length one, the matrix of the plane is 2 × 2.
  for (let i = 0; i < p.length; i++) {
    p[i] = (p[i] as number) - along * (x[i] as number);
    ap[i] = (ap[i] as number) - along * (ax[i] as number);
  }
  const length = Math.sqrt(dot(p, p));
  if (!(length > 1e-150)) return null;
  const a = dot(x, ax);
  const b = dot(x, ap) / length;
  const c = dot(p, ap) / (length * length);
  const value = (a + c) / 2 - Math.sqrt(((a - c) / 2) ** 2 + b * b);
  // (a - value) u + b v = 0
  const [u, v] = b === 0 ? (a <= c ? [1, 0] : [0, 1]) : [b, value - a];
  const norm = Math.sqrt(u * u + v * v);
  for (let i = 0; i < p.length; i++) {
    const xi = x[i] as number;
    const pi = (p[i] as number) / length;
    const axi = ax[i] as number;
    const api = (ap[i] as number) / length;
    x[i] = (u * xi + v * pi) / norm;
    ax[i] = (u * axi + v * api) / norm;
  }
  return value;
}

function laplacianOf({ from, to, weight }: Pick<Instance, 'from' | 'to' | 'weight'>, part: readonly number[]) {
  const local = new Map(part.map((server, index) => [server, index]));
  const heads: number[] = [0];
  const tails: number[] = [];
  const weights: number[] = [];
  const diagonal = new Float64Array(part.length);
  for (const [index, server] of part.entries()) {
    for (let e = from[server] as number; e < (from[server + 1] as number); e++) {
      const other = local.get(to[e] as number);
      if (other === undefined) continue;
      tails.push(other);
      weights.push(weight[e] as number);
      diagonal[index] = (diagonal[index] as number) + (weight[e] as number);
    }
    heads.push(tails.length);
  }
  const h = Int32Array.from(heads);
  const t = Int32Array.from(tails);
  const w = Float64Array.from(weights);
  const times = (x: Float64Array): Float64Array => {
    const y = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) {
      let sum = (diagonal[i] as number) * (x[i] as number);
      for (let e = h[i] as number; e < (h[i + 1] as number); e++) sum -= (w[e] as number) * (x[t[e] as number] as number);
      y[i] = sum;
    }
    return y;
  };
  return { diagonal, times };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) * factor;
}

function centre(a: Float64Array): void {
  let sum = 0;
  for (const value of a) sum += value;
  const mean = sum / a.length;
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) - mean;
}
