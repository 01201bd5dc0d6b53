// The layers of block.py, and linear heads, forward and backward.
//
// forward(x, M) reads M rows and keeps what backward needs. backward(g) takes the gradient of what forward gave, adds
// the gradients of its weights to theirs, and returns the gradient of x. Both give rooms that are used again.
//
// B texts of T tokens, M = B T rows; D d_model, H heads, K d_head; S = T, up to the next multiple of 4.

const SIDE = 4; // what the kernels' rows of scores are a multiple of

const zero = () => 0;
const one = () => 1;

export function addTo(sum, x, length) {
  for (let i = 0; i < length; i++) sum.data[i] += x.data[i];
  return sum;
}

// nn.Linear, or several that read the same x: x (M, K) -> (M, N). weight: a parameter to use instead of a new one.
export function linear(store, names, [N, K], rows, { weight, bias = true, spread }) {
  const named = (suffix) => names.map((name) => `${name}.${suffix}`);
  const w = weight ?? store.parameter(named("weight"), [N / names.length, K], () => spread * store.normal());
  const b = bias && store.parameter(named("bias"), [N / names.length], zero);
  const [transposed, out, back, unit] = [N * K, rows * N, rows * K, 1].map((length) => store.room(length));
  unit.data[0] = 1;
  let [x, M] = [];
  return {
    out,
    forward(given, many) {
      [x, M] = [given, many];
      store.transpose(w.at, K, N, K, transposed.at);
      store.kernels.multiply(x.at, K, 1, transposed.at, N, b ? b.at : 0, 0, out.at, N, M, N, K); // x w^T + b
      return out;
    },
    backward(g) {
      const { multiply } = store.kernels;
      multiply(g.at, 1, N, x.at, K, w.grad.at, K, w.grad.at, K, N, K, M);                 // g^T x
      if (b) multiply(unit.at, 0, 0, g.at, N, b.grad.at, 0, b.grad.at, 0, 1, N, M);       // 1 g
      multiply(g.at, N, 1, w.at, K, 0, 0, back.at, K, M, K, N);                           // g w
      return back;
    },
  };
}

// nn.LayerNorm of rows (D)
export function layerNorm(store, name, D, rows, eps) {
  const w = store.parameter([`${name}.weight`], [D], one);
  const b = store.parameter([`${name}.bias`], [D], zero);
  const [normed, scales, out, back] = [rows * D, rows, rows * D, rows * D].map((length) => store.room(length));
  let M;
  return {
    forward({ data: x }, many) {
      M = many;
      const [n, y, weight, bias] = [normed.data, out.data, w.data, b.data];
      for (let m = 0, start = 0; m < M; m++, start += D) {
        let [mean, square] = [0, 0];
        for (let i = start; i < start + D; i++) mean += x[i];
        mean /= D;
        for (let i = start; i < start + D; i++) square += (x[i] - mean) * (x[i] - mean);
        const scale = scales.data[m] = 1 / Math.sqrt(square / D + eps);
        for (let i = 0; i < D; i++) {
          n[start + i] = (x[start + i] - mean) * scale;
          y[start + i] = n[start + i] * weight[i] + bias[i];
        }
      }
      return out;
    },
    backward({ data: g }) {
      const [n, dx, weight, dw, db] = [normed.data, back.data, w.data, w.grad.data, b.grad.data];
      for (let m = 0, start = 0; m < M; m++, start += D) {
        let [mean, along] = [0, 0];
        for (let i = 0, at = start; i < D; i++, at++) {
          dx[at] = g[at] * weight[i];
          mean += dx[at];
          along += dx[at] * n[at];
          dw[i] += g[at] * n[at];
          db[i] += g[at];
        }
        mean /= D;
        along /= D;
        for (let at = start; at < start + D; at++) dx[at] = (dx[at] - mean - n[at] * along) * scales.data[m];
      }
      return back;
    },
  };
}

// A linear layer and GELU
function activated(store, name, [N, K], rows, spread) {
  const before = linear(store, [name], [N, K], rows, { spread });
  const out = store.room(rows * N);
  let length;
  return {
    forward(x, M) {
      length = M * N;
      store.kernels.gelu(before.forward(x, M).at, out.at, length);
      return out;
    },
    backward(g) {
      const slope = before.out.data;
      for (let i = 0; i < length; i++) g.data[i] *= slope[i];
      return before.backward(g);
    },
  };
}

// Multi-head self-attention. Beside x, forward takes the mask: T rows of S, -1 where row t may attend to s, and 0.
function attention(store, name, { B, T, D, H }, spreads) {
  const [K, S, scale] = [D / H, Math.ceil(T / SIDE) * SIDE, 1 / Math.sqrt(D / H)];
  const three = ["q_proj", "k_proj", "v_proj"].map((part) => `${name}.${part}`);
  const project = linear(store, three, [3 * D, D], B * T, { spread: spreads.in });
  const mix = linear(store, [`${name}.out_proj`], [D, D], B * T, { spread: spreads.out });
  const [weights, slopes, transposed] = [B * H * T * S, T * S, K * S].map((length) => store.room(length));
  const [context, back] = [B * T * D, B * T * 3 * D].map((length) => store.room(length));
  let texts;

  // For every head of every text: where its query, key and value begin, its part of the context, and its weights
  function each(visit) {
    for (let i = 0; i < texts * H; i++) {
      const [b, h] = [Math.floor(i / H), i % H];
      const q = 4 * (b * T * 3 * D + h * K);
      visit([q, q + 4 * D, q + 8 * D], 4 * (b * T * D + h * K), weights.at + 4 * i * T * S);
    }
  }
  return {
    forward(x, M, mask) {
      texts = M / T;
      const { multiply, softmax } = store.kernels;
      const from = project.forward(x, M).at;
      each(([q, k, v], c, w) => {
        store.transpose(from + k, 3 * D, T, K, transposed.at, S);
        multiply(from + q, 3 * D, 1, transposed.at, S, 0, 0, w, S, T, S, K);              // q k^T
        softmax(w, mask.at, T, S, scale);
        multiply(w, S, 1, from + v, 3 * D, 0, 0, context.at + c, D, T, K, T);             // w v
      });
      return mix.forward(context, M);
    },
    backward(g) {
      const { multiply, softmaxBackward } = store.kernels;
      const [from, to, dContext] = [project.out.at, back.at, mix.backward(g).at];
      each(([q, k, v], c, w) => {
        store.transpose(from + v, 3 * D, T, K, transposed.at, S);
        multiply(dContext + c, D, 1, transposed.at, S, 0, 0, slopes.at, S, T, S, K);      // the weights' gradient
        multiply(w, 1, S, dContext + c, D, 0, 0, to + v, 3 * D, T, K, T);
        softmaxBackward(w, slopes.at, T, S, scale);                                       // now the scores'
        multiply(slopes.at, S, 1, from + k, 3 * D, 0, 0, to + q, 3 * D, T, K, T);
        multiply(slopes.at, 1, S, from + q, 3 * D, 0, 0, to + k, 3 * D, T, K, T);
      });
      return project.backward(back);
    },
  };
}

// sizes: { B, T, D, H, F }; spreads: of fresh weights, `in` for those that read the residual stream, `out` for those
// that write to it
export function block(store, name, sizes, { eps, spreads }) {
  const { B, T, D, F } = sizes;
  const rows = B * T;
  const attend = attention(store, `${name}.attention`, sizes, spreads);
  const norm1 = layerNorm(store, `${name}.norm1`, D, rows, eps);
  const up = activated(store, `${name}.feedforward.up_proj`, [F, D], rows, spreads.in);
  const down = linear(store, [`${name}.feedforward.down_proj`], [D, F], rows, { spread: spreads.out });
  const norm2 = layerNorm(store, `${name}.norm2`, D, rows, eps);
  const [sum1, sum2] = [store.room(rows * D), store.room(rows * D)];
  const feed = { forward: (x, M) => down.forward(up.forward(x, M), M), backward: (g) => up.backward(down.backward(g)) };
  let length;

  function sum(room, x, y) {
    room.data.set(x.data.subarray(0, length));
    return addTo(room, y, length);
  }
  return {
    forward(x, M, mask) {
      length = M * D;
      const middle = sum(sum1, x, attend.forward(norm1.forward(x, M), M, mask));
      return sum(sum2, middle, feed.forward(norm2.forward(middle, M), M));
    },
    backward(g) {
      const middle = addTo(norm2.backward(feed.backward(g)), g, length);
      return addTo(norm1.backward(attend.backward(middle)), middle, length);
    },
  };
}
