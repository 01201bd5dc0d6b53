// The trainer's fast functions, in AssemblyScript; kernels.wasm is built from them by `npm run build:engine`.
//
// What names a place in memory is an address in bytes; strides and sizes count float32 numbers.

const DEPTH = 128; // terms of a sum that are added before the next tile begins: their rows of b fit into the first cache

// out[i, j] = start[i, j] + sum over p of a[i, p] * b[p, j]
//
// a: any strides, one from row to row and one from column to column, so that it may be a transpose; b, start and out:
// a stride from row to row. start 0 means zeros, and its stride 0 that every row begins with the same numbers (a bias).
// Four rows of a meet eight columns of b at a time: eight vectors of sums that stay in registers.
export function multiply(a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, start: usize, startRow: i32,
  out: usize, outRow: i32, I: i32, J: i32, P: i32): void {
  const nextA = <usize>aColumn << 2, nextB = <usize>bRow << 2;
  for (let p = 0; p < P; p += DEPTH) {
    const depth = min(DEPTH, P - p);
    const aHere = a + <usize>p * nextA, bHere = b + <usize>p * nextB;
    let j = 0;
    for (; j + 8 <= J; j += 8) {
      const column = <usize>j << 2;
      const bEnd = bHere + column + <usize>depth * nextB;
      for (let i = 0; i < I; i += 4) {
        // Beyond the last row, the last row is computed again.
        const i1 = min(i + 1, I - 1), i2 = min(i + 2, I - 1), i3 = min(i + 3, I - 1);
        let left0 = aHere + at(i, aRow), left1 = aHere + at(i1, aRow);
        let left2 = aHere + at(i2, aRow), left3 = aHere + at(i3, aRow);
        let low0 = f32x4.splat(0), low1 = low0, low2 = low0, low3 = low0;
        let high0 = low0, high1 = low0, high2 = low0, high3 = low0;
        if (start) {
          const from = start + column;
          low0 = v128.load(from + at(i, startRow)); high0 = v128.load(from + at(i, startRow), 16);
          low1 = v128.load(from + at(i1, startRow)); high1 = v128.load(from + at(i1, startRow), 16);
          low2 = v128.load(from + at(i2, startRow)); high2 = v128.load(from + at(i2, startRow), 16);
          low3 = v128.load(from + at(i3, startRow)); high3 = v128.load(from + at(i3, startRow), 16);
        }
        for (let right = bHere + column; right < bEnd; right += nextB) {
          const low = v128.load(right), high = v128.load(right, 16);
          let factor = v128.load_splat<f32>(left0);
          low0 = f32x4.add(low0, f32x4.mul(factor, low)); high0 = f32x4.add(high0, f32x4.mul(factor, high));
          factor = v128.load_splat<f32>(left1);
          low1 = f32x4.add(low1, f32x4.mul(factor, low)); high1 = f32x4.add(high1, f32x4.mul(factor, high));
          factor = v128.load_splat<f32>(left2);
          low2 = f32x4.add(low2, f32x4.mul(factor, low)); high2 = f32x4.add(high2, f32x4.mul(factor, high));
          factor = v128.load_splat<f32>(left3);
          low3 = f32x4.add(low3, f32x4.mul(factor, low)); high3 = f32x4.add(high3, f32x4.mul(factor, high));
          left0 += nextA; left1 += nextA; left2 += nextA; left3 += nextA;
        }
        const to = out + column;
        v128.store(to + at(i, outRow), low0); v128.store(to + at(i, outRow), high0, 16);
        v128.store(to + at(i1, outRow), low1); v128.store(to + at(i1, outRow), high1, 16);
        v128.store(to + at(i2, outRow), low2); v128.store(to + at(i2, outRow), high2, 16);
        v128.store(to + at(i3, outRow), low3); v128.store(to + at(i3, outRow), high3, 16);
      }
    }
    for (; j < J; j++) { // the last columns, fewer than eight
      const column = <usize>j << 2;
      for (let i = 0; i < I; i++) {
        let sum: f32 = start ? load<f32>(start + column + at(i, startRow)) : 0;
        let left = aHere + at(i, aRow), right = bHere + column;
        for (let k = 0; k < depth; k++, left += nextA, right += nextB) sum += load<f32>(left) * load<f32>(right);
        store<f32>(out + column + at(i, outRow), sum);
      }
    }
    start = out;
    startRow = outRow;
  }
}

// x (I, J) becomes the softmax of scale * x over the columns that its row of the mask, -1 or 0, leaves open; a row that
// is closed everywhere becomes zeros. J is a multiple of 4.
export function softmax(x: usize, mask: usize, I: i32, J: i32, scale: f32): void {
  const row = <usize>J << 2, factor = f32x4.splat(scale), least = f32x4.splat(-1e30);
  for (let i = 0; i < I; i++, x += row, mask += row) {
    let top = least;
    for (let j: usize = 0; j < row; j += 16) {
      top = f32x4.max(top, v128.bitselect(v128.load(x + j), least, v128.load(mask + j)));
    }
    const largest = f32x4.splat(max(max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
      max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3))));
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < row; j += 16) {
      const part = exp(f32x4.mul(factor, f32x4.sub(v128.load(x + j), largest)));
      const open = v128.and(part, v128.load(mask + j));
      v128.store(x + j, open);
      sum = f32x4.add(sum, open);
    }
    const all = total(sum), share = f32x4.splat(all > 0 ? 1 / all : 0);
    for (let j: usize = 0; j < row; j += 16) v128.store(x + j, f32x4.mul(v128.load(x + j), share));
  }
}

// The gradient g (I, J) of the weights w (I, J) becomes the gradient of the scores that softmax was given.
export function softmaxBackward(w: usize, g: usize, I: i32, J: i32, scale: f32): void {
  const row = <usize>J << 2, factor = f32x4.splat(scale);
  for (let i = 0; i < I; i++, w += row, g += row) {
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < row; j += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(w + j), v128.load(g + j)));
    const mean = f32x4.splat(total(sum));
    for (let j: usize = 0; j < row; j += 16) {
      const slope = f32x4.mul(v128.load(w + j), f32x4.sub(v128.load(g + j), mean));
      v128.store(g + j, f32x4.mul(factor, slope));
    }
  }
}

// out = gelu(x), and x becomes the slope of gelu there, which is all that backward needs. n is a multiple of 4.
export function gelu(x: usize, out: usize, n: i32): void {
  const one = f32x4.splat(1), half = f32x4.splat(0.5);
  for (const end = x + (<usize>n << 2); x < end; x += 16, out += 16) {
    const here = v128.load(x), z = f32x4.mul(f32x4.abs(here), f32x4.splat(0.70710678));
    const bell = exp(f32x4.mul(f32x4.mul(here, here), f32x4.splat(-0.5)));
    // The error function: Abramowitz and Stegun 1964, 7.1.26, as in arithmetic.js
    const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.splat(0.3275911), z)));
    let sum = f32x4.add(f32x4.mul(t, f32x4.splat(1.061405429)), f32x4.splat(-1.453152027));
    sum = f32x4.add(f32x4.mul(t, sum), f32x4.splat(1.421413741));
    sum = f32x4.add(f32x4.mul(t, sum), f32x4.splat(-0.284496736));
    sum = f32x4.add(f32x4.mul(t, sum), f32x4.splat(0.254829592));
    const tail = f32x4.mul(f32x4.mul(f32x4.mul(t, sum), bell), half); // the normal distribution's, beyond |x|
    const below = v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(here, f32x4.splat(0)));
    v128.store(out, f32x4.mul(here, below));
    v128.store(x, f32x4.add(below, f32x4.mul(f32x4.mul(here, bell), f32x4.splat(0.39894228))));
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function at(i: i32, row: i32): usize {
  return <usize>(i * row) << 2;
}

// exp of four numbers to about one unit in the last place (the polynomial is that of Cephes' expf)
// @ts-ignore: decorators are AssemblyScript's
@inline
function exp(x: v128): v128 {
  x = f32x4.max(f32x4.min(x, f32x4.splat(88)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let sum = f32x4.add(f32x4.mul(r, f32x4.splat(1.9875691500e-4)), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(r, sum), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(r, sum), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(r, sum), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(r, sum), f32x4.splat(5.0000001201e-1));
  sum = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), sum), r), f32x4.splat(1));
  return f32x4.mul(sum, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function total(four: v128): f32 {
  return f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1)
    + f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
}
