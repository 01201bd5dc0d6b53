// The engine's one fast function, in AssemblyScript; matmul.wasm is built from it by `npm run build:engine`.
//
// out[t, n] = bias[n] + scale[n] * sum over k of x[t, k] * w[n, k]
//
// x: (T, K) and out: (T, N) float32, w: (N, K) int8, scale and bias: (N,) float32; bias 0 means none.
// K is a multiple of 16. Every pointer is a multiple of 16. rows: room for two rows of w as floats, 8 K bytes.
// Two rows of w are widened to floats once and then meet four rows of x at a time, so that eight sums stay in registers.

export function matmul(
  x: usize, w: usize, scale: usize, bias: usize, out: usize, rows: usize, T: i32, N: i32, K: i32,
): void {
  const row: usize = <usize>K << 2;      // bytes in a row of x
  const line: usize = <usize>N << 2;     // bytes in a row of out
  for (let n = 0; n < N; n += 2) {
    const m = min(n + 1, N - 1);         // the last of an odd N is computed twice
    widen(w + <usize>n * K, rows, K);
    widen(w + <usize>m * K, rows + row, K);
    const scaleN = load<f32>(scale + (<usize>n << 2)), biasN = bias ? load<f32>(bias + (<usize>n << 2)) : 0;
    const scaleM = load<f32>(scale + (<usize>m << 2)), biasM = bias ? load<f32>(bias + (<usize>m << 2)) : 0;
    const outN = out + (<usize>n << 2), outM = out + (<usize>m << 2);
    let t = 0;
    for (; t + 4 <= T; t += 4) {
      const x0 = x + <usize>t * row, x1 = x0 + row, x2 = x1 + row, x3 = x2 + row;
      let n0 = f32x4.splat(0), n1 = n0, n2 = n0, n3 = n0, m0 = n0, m1 = n0, m2 = n0, m3 = n0;
      for (let k: usize = 0; k < row; k += 16) {
        const wn = v128.load(rows + k), wm = v128.load(rows + row + k);
        let xk = v128.load(x0 + k);
        n0 = f32x4.add(n0, f32x4.mul(xk, wn));
        m0 = f32x4.add(m0, f32x4.mul(xk, wm));
        xk = v128.load(x1 + k);
        n1 = f32x4.add(n1, f32x4.mul(xk, wn));
        m1 = f32x4.add(m1, f32x4.mul(xk, wm));
        xk = v128.load(x2 + k);
        n2 = f32x4.add(n2, f32x4.mul(xk, wn));
        m2 = f32x4.add(m2, f32x4.mul(xk, wm));
        xk = v128.load(x3 + k);
        n3 = f32x4.add(n3, f32x4.mul(xk, wn));
        m3 = f32x4.add(m3, f32x4.mul(xk, wm));
      }
      let at = <usize>t * line;
      store<f32>(outN + at, biasN + scaleN * total(n0));
      store<f32>(outM + at, biasM + scaleM * total(m0));
      at += line;
      store<f32>(outN + at, biasN + scaleN * total(n1));
      store<f32>(outM + at, biasM + scaleM * total(m1));
      at += line;
      store<f32>(outN + at, biasN + scaleN * total(n2));
      store<f32>(outM + at, biasM + scaleM * total(m2));
      at += line;
      store<f32>(outN + at, biasN + scaleN * total(n3));
      store<f32>(outM + at, biasM + scaleM * total(m3));
    }
    for (; t < T; t++) {                 // the last rows, or the only one: a new token's
      const xt = x + <usize>t * row;
      let sumN = f32x4.splat(0), sumM = sumN;
      for (let k: usize = 0; k < row; k += 16) {
        const xk = v128.load(xt + k);
        sumN = f32x4.add(sumN, f32x4.mul(xk, v128.load(rows + k)));
        sumM = f32x4.add(sumM, f32x4.mul(xk, v128.load(rows + row + k)));
      }
      const at = <usize>t * line;
      store<f32>(outN + at, biasN + scaleN * total(sumN));
      store<f32>(outM + at, biasM + scaleM * total(sumM));
    }
  }
}

// Turn K bytes into K floats, sixteen at a time.
// @ts-ignore: decorators are AssemblyScript's
@inline
function widen(from: usize, to: usize, K: i32): void {
  for (let k = 0; k < K; k += 16) {
    const bytes = v128.load(from + k);
    const low = i16x8.extend_low_i8x16_s(bytes), high = i16x8.extend_high_i8x16_s(bytes);
    const at = to + (<usize>k << 2);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)));
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), 48);
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function total(four: v128): f32 {
  return f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1)
    + f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
}
