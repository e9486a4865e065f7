// plugins/cpu/kernels/rows.hpp: work on one row at a time; quantizing has quantize.hpp.
#ifndef FORGE_PLUGINS_CPU_KERNELS_ROWS_HPP_
#define FORGE_PLUGINS_CPU_KERNELS_ROWS_HPP_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/cpu/kernels/api.hpp"
#include "plugins/cpu/kernels/math.hpp"

namespace forge::cpu {

// Calls body(i, load, store) over [0, n) in steps of kWidth; the last step may be partial.
template <class Isa, class Body>
inline void for_each_vector(std::size_t n, Body&& body) {
  std::size_t i = 0;
  const auto load = [](const float* p) { return Isa::load(p); };
  const auto store = [](float* p, typename Isa::F x) { Isa::store(p, x); };
  for (; i + Isa::kWidth <= n; i += Isa::kWidth) body(i, load, store);
  if (i == n) return;
  const std::size_t left = n - i;
  body(
      i, [left](const float* p) { return Isa::load_partial(p, left); },
      [left](float* p, typename Isa::F x) { Isa::store_partial(p, x, left); });
}

template <class Isa>
inline float sum_of_squares(const float* x, std::size_t n, float mean) {
  using F = typename Isa::F;
  F sum = Isa::zero();
  const F m = Isa::set1(mean);
  std::size_t i = 0;
  for (; i + Isa::kWidth <= n; i += Isa::kWidth) {
    const F v = Isa::sub(Isa::load(x + i), m);
    sum = Isa::fma(v, v, sum);
  }
  if (i < n) {  // absent lanes equal the mean, so that they add nothing
    alignas(64) float tail[Isa::kWidth];
    Isa::store(tail, m);
    std::memcpy(tail, x + i, (n - i) * sizeof(float));
    const F v = Isa::sub(Isa::load(tail), m);
    sum = Isa::fma(v, v, sum);
  }
  return Isa::reduce_add(sum);
}

template <class Isa>
inline float sum(const float* x, std::size_t n) {
  typename Isa::F total = Isa::zero();
  for_each_vector<Isa>(
      n, [&](std::size_t i, auto load, auto) { total = Isa::add(total, load(x + i)); });
  return Isa::reduce_add(total);
}

template <class Isa>
void norm_row(const NormArgs& a) {
  using F = typename Isa::F;
  for (std::uint32_t start = 0; start < a.width; start += a.group) {
    const float* x = a.x + start;
    float* y = a.y + start;
    const auto n = static_cast<float>(a.group);
    const float mean = a.kind == FORGE_NORM_LAYER ? sum<Isa>(x, a.group) / n : 0.0f;
    const float squares = sum_of_squares<Isa>(x, a.group, mean);
    const float root =
        a.kind == FORGE_NORM_L2 ? std::sqrt(squares) : std::sqrt(squares / n + a.eps);
    const F scale = Isa::set1(1.0f / (a.kind == FORGE_NORM_L2 && root < a.eps ? a.eps : root));
    const F m = Isa::set1(mean);
    const std::uint32_t at = a.weight_width == a.width ? start : 0;
    for_each_vector<Isa>(a.group, [&](std::size_t i, auto load, auto store) {
      F v = Isa::mul(Isa::sub(load(x + i), m), scale);
      if (a.weight != nullptr) v = Isa::mul(v, load(a.weight + at + i));
      if (a.bias != nullptr) v = Isa::add(v, load(a.bias + at + i));
      store(y + i, v);
    });
  }
}

template <class Isa>
void rope_row(const RopeArgs& a) {
  using F = typename Isa::F;
  const std::size_t n_pairs = a.n_rot / 2;
  for (std::uint32_t h = 0; h < a.n_heads; ++h) {
    const float* x = a.x + std::size_t{h} * a.head_dim;
    float* y = a.y + std::size_t{h} * a.head_dim;
    std::size_t i = 0;
    for (; i + Isa::kWidth <= n_pairs; i += Isa::kWidth) {
      const F c = Isa::load(a.cos + i);
      const F s = Isa::load(a.sin + i);
      F first, second;
      if (a.interleaved) {
        Isa::load_pairs(x + 2 * i, first, second);
      } else {
        first = Isa::load(x + i);
        second = Isa::load(x + n_pairs + i);
      }
      const F turned = Isa::fnma(second, s, Isa::mul(first, c));
      const F other = Isa::fma(first, s, Isa::mul(second, c));
      if (a.interleaved) {
        Isa::store_pairs(y + 2 * i, turned, other);
      } else {
        Isa::store(y + i, turned);
        Isa::store(y + n_pairs + i, other);
      }
    }
    for (; i < n_pairs; ++i) {
      const std::size_t p = a.interleaved ? 2 * i : i;
      const std::size_t q = a.interleaved ? 2 * i + 1 : n_pairs + i;
      const float first = x[p];
      const float second = x[q];
      y[p] = std::fma(-second, a.sin[i], first * a.cos[i]);
      y[q] = std::fma(first, a.sin[i], second * a.cos[i]);
    }
    if (y != x) std::memcpy(y + a.n_rot, x + a.n_rot, (a.head_dim - a.n_rot) * sizeof(float));
  }
}

template <class Isa>
void gated(std::uint32_t kind, const float* gate, const float* up, float* y, std::size_t n) {
  for_each_vector<Isa>(n, [&](std::size_t i, auto load, auto store) {
    store(y + i, Isa::mul(activation<Isa>(kind, load(gate + i)), load(up + i)));
  });
}

template <class Isa>
void activate(std::uint32_t kind, const float* x, float* y, std::size_t n) {
  for_each_vector<Isa>(n, [&](std::size_t i, auto load, auto store) {
    store(y + i, activation<Isa>(kind, load(x + i)));
  });
}

template <class Isa>
void soft_cap(float cap, const float* x, float* y, std::size_t n) {
  const typename Isa::F c = Isa::set1(cap);
  for_each_vector<Isa>(n, [&](std::size_t i, auto load, auto store) {
    store(y + i, Isa::mul(c, tanh<Isa>(Isa::div(load(x + i), c))));
  });
}

template <class Isa>
void scale(float factor, const float* x, float* y, std::size_t n) {
  const typename Isa::F f = Isa::set1(factor);
  for_each_vector<Isa>(
      n, [&](std::size_t i, auto load, auto store) { store(y + i, Isa::mul(load(x + i), f)); });
}

template <class Isa>
void add(const float* a, const float* b, float* y, std::size_t n) {
  for_each_vector<Isa>(n, [&](std::size_t i, auto load, auto store) {
    store(y + i, Isa::add(load(a + i), load(b + i)));
  });
}

template <class Isa>
void multiply(const float* a, const float* b, float* y, std::size_t n) {
  for_each_vector<Isa>(n, [&](std::size_t i, auto load, auto store) {
    store(y + i, Isa::mul(load(a + i), load(b + i)));
  });
}

}  // namespace forge::cpu

#endif  // FORGE_PLUGINS_CPU_KERNELS_ROWS_HPP_
