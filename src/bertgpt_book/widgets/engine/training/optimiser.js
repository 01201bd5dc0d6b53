// optimisers.py: Muon for the matrices of the blocks, AdamW for the rest.

const [WEIGHT_DECAY, CLIP, MOMENTUM] = [0.1, 1, 0.95]; // of matrices and embeddings; of all gradients together; Muon's
const [BETA1, BETA2, EPS] = [0.9, 0.99, 1e-8];        // AdamW's
const NEWTON_SCHULZ = [3.4445, -4.775, 2.0315];

const zeros = ({ data }) => new Float32Array(data.length);

// Loshchilov and Hutter 2019, algorithm 2
function adamw({ data, grad: { data: g }, mean, square, shape }, { steps, rate, scale }) {
  const [unbias1, unbias2] = [1 - BETA1 ** steps, 1 - BETA2 ** steps];
  const shrink = shape.length > 1 ? 1 - rate * WEIGHT_DECAY : 1;
  for (let i = 0; i < data.length; i++) {
    const slope = scale * g[i];
    mean[i] += (1 - BETA1) * (slope - mean[i]);
    square[i] += (1 - BETA2) * (slope * slope - square[i]);
    data[i] = shrink * data[i] - rate * (mean[i] / unbias1) / (Math.sqrt(square[i] / unbias2) + EPS);
  }
}

// -> update(learningRate), which makes one step from the gradients in the store
export function makeOptimiser({ kernels, parameters, room }) {
  const isMatrix = ({ name, shape }) => name.startsWith("blocks.") && shape.length === 2;
  const matrices = parameters.filter(isMatrix).map((parameter) => ({ ...parameter, momentum: zeros(parameter) }));
  const others = parameters.filter((parameter) => !isMatrix(parameter))
    .map((parameter) => ({ ...parameter, mean: zeros(parameter), square: zeros(parameter) }));
  const [longest, widest] = [(shape) => shape[0] * shape[1], (shape) => Math.min(...shape) ** 2]
    .map((size) => Math.max(...matrices.map(({ shape }) => size(shape))));
  const [x, y, gram, sum] = [longest, longest, widest, widest].map((length) => room(length));
  let steps = 0;

  // The room with x (n, k), n >= k, made nearly orthogonal: every singular value comes near 1
  function orthogonal(n, k) {
    const { multiply } = kernels;
    let [from, to] = [x, y];
    for (let turn = 0; turn < 5; turn++) {
      multiply(from.at, 1, k, from.at, k, 0, 0, gram.at, k, k, k, n);                     // A = x^T x
      multiply(gram.at, k, 1, gram.at, k, 0, 0, sum.at, k, k, k, k);                      // A A
      const [a, b, c] = NEWTON_SCHULZ;
      for (let i = 0; i < k * k; i++) {
        sum.data[i] = b * gram.data[i] + c * sum.data[i] + (i % (k + 1) ? 0 : a);
      }
      multiply(from.at, k, 1, sum.at, k, 0, 0, to.at, k, n, k, k);                        // x (a I + b A + c A A)
      [from, to] = [to, from];
    }
    return from;
  }

  // Jordan et al. 2024; the length of the update: Liu et al. 2025, section 2.2
  function muon({ data, grad: { data: g }, momentum, shape: [N, K] }, rate, scale) {
    const [n, k] = [Math.max(N, K), Math.min(N, K)];
    const place = (i) => (N >= K ? i : (i % K) * N + Math.floor(i / K)); // in x, which is the transpose of a wide one
    let norm = 0;
    for (let i = 0; i < data.length; i++) {
      momentum[i] = MOMENTUM * momentum[i] + scale * g[i];
      const ahead = scale * g[i] + MOMENTUM * momentum[i];
      x.data[place(i)] = ahead;
      norm += ahead * ahead;
    }
    norm = Math.sqrt(norm) + 1e-7;
    for (let i = 0; i < data.length; i++) x.data[i] /= norm;
    const update = orthogonal(n, k).data;
    const length = 0.2 * Math.sqrt(n) * rate;
    for (let i = 0; i < data.length; i++) data[i] = (1 - rate * WEIGHT_DECAY) * data[i] - length * update[place(i)];
  }

  return function update(rate) {
    steps += 1;
    let square = 0;
    for (const { grad } of parameters) for (const g of grad.data) square += g * g;
    const scale = Math.min(1, CLIP / (Math.sqrt(square) + 1e-6));
    for (const matrix of matrices) muon(matrix, rate, scale);
    for (const parameter of others) adamw(parameter, { steps, rate, scale });
  };
}
