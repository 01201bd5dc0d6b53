// The arithmetic of the engine: one packed model in one memory, and what a transformer does to a row of numbers.
// Rows lie one after another in a Float32Array: (T, D) is T * D numbers.

const ROOM = 64;      // bytes kept free at the start: address 0 means "no bias"

const wholes = (buffer, at, length, bits) => new (bits === 16 ? Int16Array : Int8Array)(buffer, at, length);
const align = (bytes) => (bytes + 15) & ~15;

// matmul.ts again, for a matrix of eight bits where there is no WASM SIMD, and for one of sixteen everywhere.
// All arguments are addresses but T, N, K.
function plainMatmul(buffer, bits) {
  const floats = new Float32Array(buffer);
  return (x, w, scale, bias, out, rows, T, N, K) => {
    const [X, S, B, O] = [x, scale, bias, out].map((address) => address / 4);
    const bytes = wholes(buffer, w, N * K, bits);
    for (let n = 0; n < N; n++) {
      const W = n * K;
      for (let t = 0; t < T; t++) {
        const row = X + t * K;
        let sum = 0;
        for (let k = 0; k < K; k++) sum += floats[row + k] * bytes[W + k];
        floats[O + t * N + n] = (bias ? floats[B + n] : 0) + floats[S + n] * sum;
      }
    }
  };
}

// Put a packed model (pack.py: header, then tensors) into a memory of its own; wasm: the bytes of matmul.wasm.
export function openModel(packed, wasm) {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const { kind, config, tensors } = JSON.parse(new TextDecoder().decode(packed.subarray(4, 4 + length)));
  const blob = packed.subarray(align(4 + length));
  const widest = Math.max(config.d_ff, 3 * config.d_model);
  const input = align(ROOM + blob.length);                             // address of a (T, K) to be multiplied
  const output = align(input + 4 * config.max_len * widest);           // and of the (T, N) that comes out
  const rows = align(output + 4 * config.max_len * Math.max(widest, config.vocab_size));
  const pages = Math.ceil((rows + 8 * widest) / 65536);
  const fast = wasm && WebAssembly.validate(wasm);                      // false where a browser has no SIMD
  const memory = fast ? new WebAssembly.Memory({ initial: pages }) : { buffer: new ArrayBuffer(65536 * pages) };
  const matmul = {
    8: fast ? new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } }).exports.matmul
      : plainMatmul(memory.buffer, 8),
    16: plainMatmul(memory.buffer, 16),
  };
  new Uint8Array(memory.buffer).set(blob, ROOM);
  return { kind, config, tensors, matmul, memory: memory.buffer, input, output, rows, fast };
}

// A tensor's numbers where they lie: floats, or the whole numbers of a matrix.
export function floatsOf(model, name) {
  const { shape, at } = model.tensors[name];
  return new Float32Array(model.memory, ROOM + at, shape[0]);
}

// Row i of a matrix, in floats: an embedding.
export function rowOf(model, name, i) {
  const { shape: [, width], at, scale, bits } = model.tensors[name];
  const whole = wholes(model.memory, ROOM + at + i * width * bits / 8, width, bits);
  const unit = new Float32Array(model.memory, ROOM + scale, i + 1)[i];
  return Float32Array.from(whole, (number) => number * unit);
}

// nn.Linear: x (T, K) -> x W^T + bias (T, N)
export function linear(model, x, weight, bias) {
  const { shape: [N, K], at, scale, bits } = model.tensors[weight];
  const T = x.length / K;
  new Float32Array(model.memory, model.input, x.length).set(x);
  model.matmul[bits](model.input, ROOM + at, ROOM + scale, bias ? ROOM + model.tensors[bias].at : 0, model.output,
    model.rows, T, N, K);
  return new Float32Array(model.memory, model.output, T * N).slice();
}

// nn.LayerNorm: every row (D) minus its mean, over its deviation, times a weight, plus a bias
export function layerNorm(model, x, name) {
  const [weight, bias] = [floatsOf(model, `${name}.weight`), floatsOf(model, `${name}.bias`)];
  const D = weight.length;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += D) {
    let mean = 0;
    let variance = 0;
    for (let i = 0; i < D; i++) mean += x[start + i] / D;
    for (let i = 0; i < D; i++) variance += (x[start + i] - mean) * (x[start + i] - mean) / D;
    const unit = 1 / Math.sqrt(variance + model.config.norm_eps);
    for (let i = 0; i < D; i++) out[start + i] = (x[start + i] - mean) * unit * weight[i] + bias[i];
  }
  return out;
}

// The error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
export function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

export const ACTIVATIONS = {
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  gelu_new: (x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  relu: (x) => Math.max(x, 0),
};

// Change every number of x where it lies. A loop: the map of a Float32Array takes three times as long.
export function applied(activation, x) {
  for (let i = 0; i < x.length; i++) x[i] = activation(x[i]);
  return x;
}

export function add(x, y) {
  const sum = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) sum[i] = x[i] + y[i];
  return sum;
}
