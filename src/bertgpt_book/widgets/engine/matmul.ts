// The engine's one fast function, in AssemblyScript; matmul.wasm is built from it by `npm run build:engine`.
//
// out[t, n] = bias[n] + sum over k of x[t, k] * w[n, k]
//
// x: (T, K), w: (N, K), out: (T, N) and bias: (N,) float32; bias 0 means none. K is a multiple of 4.
// Two rows of w meet four rows of x at a time, so that eight sums stay in registers.

export function matmul(x: usize, w: usize, bias: usize, out: usize, T: i32, N: i32, K: i32): void {
  const row: usize = <usize>K << 2;      // bytes in a row of x and of w
  const line: usize = <usize>N << 2;     // bytes in a row of out
  for (let n = 0; n < N; n += 2) {
    const m = min(n + 1, N - 1);         // the last of an odd N is computed twice
    const wN = w + <usize>n * row, wM = w + <usize>m * row;
    const biasN = bias ? load<f32>(bias + (<usize>n << 2)) : 0, biasM = bias ? load<f32>(bias + (<usize>m << 2)) : 0;
    const outN = out + (<usize>n << 2), outM = out + (<usize>m << 2);
    let t = 0;
    for (; t + 4 <= T; t += 4) {
      const x0 = x + <usize>t * row, x1 = x0 + row, x2 = x1 + row, x3 = x2 + row;
      let n0 = f32x4.splat(0), n1 = n0, n2 = n0, n3 = n0, m0 = n0, m1 = n0, m2 = n0, m3 = n0;
      for (let k: usize = 0; k < row; k += 16) {
        const wn = v128.load(wN + k), wm = v128.load(wM + k);
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
      store<f32>(outN + at, biasN + total(n0));
      store<f32>(outM + at, biasM + total(m0));
      at += line;
      store<f32>(outN + at, biasN + total(n1));
      store<f32>(outM + at, biasM + total(m1));
      at += line;
      store<f32>(outN + at, biasN + total(n2));
      store<f32>(outM + at, biasM + total(m2));
      at += line;
      store<f32>(outN + at, biasN + total(n3));
      store<f32>(outM + at, biasM + total(m3));
    }
    for (; t < T; t++) {                 // the last rows, or the only one: a new token's
      const xt = x + <usize>t * row;
      let sumN = f32x4.splat(0), sumM = sumN;
      for (let k: usize = 0; k < row; k += 16) {
        const xk = v128.load(xt + k);
        sumN = f32x4.add(sumN, f32x4.mul(xk, v128.load(wN + k)));
        sumM = f32x4.add(sumM, f32x4.mul(xk, v128.load(wM + k)));
      }
      const at = <usize>t * line;
      store<f32>(outN + at, biasN + total(sumN));
      store<f32>(outM + at, biasM + total(sumM));
    }
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function total(four: v128): f32 {
  return f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1)
    + f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
}
