// Products with weights of four and of eight bits, in AssemblyScript; kernels.wasm is built from it by
// `npm run build:engine`. The weights stay in memory as a GGUF file holds them, in blocks of 32 numbers of a row:
//
//   Q4_1, 20 bytes: float16 scale d, float16 minimum m, 32 nibbles q, the first 16 in the low halves of 16 bytes, the
//         others in the high ones; a weight is d * q + m
//   Q8_0, 34 bytes: float16 scale d, 32 signed bytes q; a weight is d * q
//
// The other factor, x (T, K), is rounded to 16 bits a number, with a scale for each block: then a block is multiplied in
// whole numbers, 8 products in one instruction, and only their sum is scaled.

const BLOCK: usize = 32;               // numbers
const FOUR: usize = 20, EIGHT: usize = 34; // bytes of a block of weights
const SHORTS: usize = 64;              // bytes of a rounded block of x
const BESIDE: usize = 16;              // bytes of four scales: those of a block in four rows of x

// x (T, K) float32 -> shorts (T, K) int16; scales and sums: what a unit of a block is worth, and what the block adds up
// to, (T / 4, K / 32, 4) float32, so that those of four rows are loaded at once.
export function round(x: usize, shorts: usize, scales: usize, sums: usize, T: usize, K: usize): void {
  for (let t: usize = 0; t < T; t++) {
    let at = firstScale(t, K);
    for (let k: usize = 0; k < K; k += BLOCK) {
      let most = f32x4.splat(0);
      for (let i: usize = 0; i < 128; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(x + i)));
      const top = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
        max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
      const unit = f32x4.splat(top ? 32767 / top : 0);
      let sum = i32x4.splat(0);
      for (let i: usize = 0; i < 128; i += 32) {
        const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(unit, v128.load(x + i))));
        const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(unit, v128.load(x + i + 16))));
        sum = i32x4.add(sum, i32x4.add(low, high));
        v128.store(shorts + (i >> 1), i16x8.narrow_i32x4_s(low, high));
      }
      const scale = top / 32767;
      store<f32>(scales + at, scale);
      store<f32>(sums + at, scale * <f32>(i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1)
        + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)));
      x += 128;
      shorts += SHORTS;
      at += BESIDE;
    }
  }
}

// out[t, n] = sum over k of x[t, k] * w[n, k], for x as `round` left it and w (N, K) in Q4_1. A block is unpacked once
// for four rows of x.
export function multiplyFour(shorts: usize, scales: usize, sums: usize, w: usize, out: usize,
  T: usize, N: usize, K: usize): void {
  const row = K << 1, end = K / BLOCK * BESIDE, line = N << 2; // bytes in a row of x, of its scales, and of out
  for (let n: usize = 0; n < N; n++) {
    let t: usize = 0;
    for (; t + 4 <= T; t += 4) {
      let xt = shorts + t * row, at = w;
      const scalesT = scales + firstScale(t, K), sumsT = sums + firstScale(t, K);
      let a = f32x4.splat(0), b = a, c = a, d = a, least = a;
      for (let k: usize = 0; k < end; k += BESIDE) {
        const packed = v128.load(at, 4), low = v128.and(packed, i8x16.splat(15)), high = i8x16.shr_u(packed, 4);
        const w0 = i16x8.extend_low_i8x16_u(low), w1 = i16x8.extend_high_i8x16_u(low);
        const w2 = i16x8.extend_low_i8x16_u(high), w3 = i16x8.extend_high_i8x16_u(high);
        const scale = f32x4.mul(v128.load(scalesT + k), f32x4.splat(half(load<u16>(at))));
        least = f32x4.add(least, f32x4.mul(v128.load(sumsT + k), f32x4.splat(half(load<u16>(at, 2)))));
        a = f32x4.add(a, f32x4.mul(v128.shuffle<f32>(scale, scale, 0, 0, 0, 0), products(xt, w0, w1, w2, w3)));
        b = f32x4.add(b, f32x4.mul(v128.shuffle<f32>(scale, scale, 1, 1, 1, 1), products(xt + row, w0, w1, w2, w3)));
        c = f32x4.add(c, f32x4.mul(v128.shuffle<f32>(scale, scale, 2, 2, 2, 2), products(xt + 2 * row, w0, w1, w2, w3)));
        d = f32x4.add(d, f32x4.mul(v128.shuffle<f32>(scale, scale, 3, 3, 3, 3), products(xt + 3 * row, w0, w1, w2, w3)));
        at += FOUR;
        xt += SHORTS;
      }
      const to = out + t * line;
      store<f32>(to, total(a) + f32x4.extract_lane(least, 0));
      store<f32>(to + line, total(b) + f32x4.extract_lane(least, 1));
      store<f32>(to + 2 * line, total(c) + f32x4.extract_lane(least, 2));
      store<f32>(to + 3 * line, total(d) + f32x4.extract_lane(least, 3));
    }
    for (; t < T; t++) {               // the last rows, or the only one: a new token's
      let xt = shorts + t * row, at = w;
      const scalesT = scales + firstScale(t, K), sumsT = sums + firstScale(t, K);
      let sum = f32x4.splat(0), least: f32 = 0;
      for (let k: usize = 0; k < end; k += BESIDE) {
        const packed = v128.load(at, 4), low = v128.and(packed, i8x16.splat(15)), high = i8x16.shr_u(packed, 4);
        const whole = products(xt, i16x8.extend_low_i8x16_u(low), i16x8.extend_high_i8x16_u(low),
          i16x8.extend_low_i8x16_u(high), i16x8.extend_high_i8x16_u(high));
        sum = f32x4.add(sum, f32x4.mul(f32x4.splat(half(load<u16>(at)) * load<f32>(scalesT + k)), whole));
        least += half(load<u16>(at, 2)) * load<f32>(sumsT + k);
        at += FOUR;
        xt += SHORTS;
      }
      store<f32>(out + t * line, total(sum) + least);
    }
    w += K / BLOCK * FOUR;
    out += 4;
  }
}

// The same for w (N, K) in Q8_0: the vocabulary, which is scored at one token or a few.
export function multiplyEight(shorts: usize, scales: usize, w: usize, out: usize, T: usize, N: usize, K: usize): void {
  const end = K / BLOCK * BESIDE;
  for (let t: usize = 0; t < T; t++) {
    const scalesT = scales + firstScale(t, K);
    let at = w;
    for (let n: usize = 0; n < N; n++) {
      let xt = shorts + t * (K << 1), sum = f32x4.splat(0);
      for (let k: usize = 0; k < end; k += BESIDE) {
        const first = v128.load(at, 2), second = v128.load(at, 18);
        const whole = products(xt, i16x8.extend_low_i8x16_s(first), i16x8.extend_high_i8x16_s(first),
          i16x8.extend_low_i8x16_s(second), i16x8.extend_high_i8x16_s(second));
        sum = f32x4.add(sum, f32x4.mul(f32x4.splat(half(load<u16>(at)) * load<f32>(scalesT + k)), whole));
        at += EIGHT;
        xt += SHORTS;
      }
      store<f32>(out, total(sum));
      out += 4;
    }
  }
}

// Where the scales of row t begin.
// @ts-ignore: decorators are AssemblyScript's
@inline
function firstScale(t: usize, K: usize): usize {
  return (t >> 2) * (K / BLOCK) * BESIDE + ((t & 3) << 2);
}

// 32 products of whole numbers, in four sums.
// @ts-ignore: decorators are AssemblyScript's
@inline
function products(x: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(v128.load(x), w0), i32x4.dot_i16x8_s(v128.load(x, 16), w1)),
    i32x4.add(i32x4.dot_i16x8_s(v128.load(x, 32), w2), i32x4.dot_i16x8_s(v128.load(x, 48), w3))));
}

// A float16. Its exponent becomes a float32's by a product, which is right for the smallest numbers too.
// @ts-ignore: decorators are AssemblyScript's
@inline
function half(bits: u32): f32 {
  const size = reinterpret<f32>((bits & 0x7fff) << 13) * <f32>5.192296858534828e33; // 2^112
  return reinterpret<f32>(reinterpret<u32>(size) | (bits & 0x8000) << 16);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function total(four: v128): f32 {
  return f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1)
    + f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
}
