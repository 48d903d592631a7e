/* The training in hand-written C, as a lower limit of the time.

   The 23 parameters of a network are in 23 vectors of W lanes. SIDE vectors are computed side by side, so that the
   operations of one vector hide the latency of another. W is 16 with AVX-512, 8 with AVX2, and 4 in plain C.
   The pictures are data, as in every other implementation: products with zero are computed. */

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define W 16
#define BETWEEN(x) _mm512_range_ps(x, ALL(17.0f), 2) /* x's sign and min(|x|, 17), in one instruction */
#elif defined(__AVX2__)
#include <immintrin.h>
#define W 8
#define BETWEEN(x) _mm256_min_ps(_mm256_max_ps(x, ALL(-17.0f)), ALL(17.0f))
#else
#define W 4
#define BETWEEN(x) between(x)
#endif

#define UNROLLED _Pragma("GCC unroll 8")
#define EACH UNROLLED for (int s = 0; s < SIDE; s++)
#define ALL(x) ((vector){} + (x))

typedef float vector __attribute__((vector_size(4 * W)));

int width(void) { return W; }

#if W == 4
static inline vector between(vector x) {
  for (int l = 0; l < W; l++) {
    x[l] = x[l] < -17.0f ? -17.0f : x[l];
    x[l] = x[l] > 17.0f ? 17.0f : x[l];
  }
  return x;
}
#endif

/* sigmoid(x) - 1/2 by a rational approximation as accurate as TinyNet's. Its factors are multiplied out here, which is
   faster with FMA. With r = sigmoid - 1/2, sigmoid (1 - sigmoid) = 1/4 - r^2: one operation. */
static inline vector above_half(vector x) {
  x = BETWEEN(x);
  vector y = x * x;
  vector top = ((4.217138283024724e-08f * y + 4.5155349653214216e-05f) * y + 0.00804221723228693f) * y;
  vector bottom = ((8.837103826486725e-10f * y + 3.5968730571767082e-06f) * y + 0.001472636591643095f) * y;
  return x * (top + 0.2499997317790985f) / ((bottom + 0.115501269698143f) * y + 1.0f);
}

/* Train blocks of (23, SIDE * W) parameters in place; pictures (count, 4), targets (count, 2). */
void train(float *parameters, long blocks, const float *pictures, const float *targets, long count, float rate,
           long epochs) {
  for (long block = 0; block < blocks; block++) {
    vector *from = (vector *)(parameters + block * 23 * SIDE * W);
    vector p[23][SIDE], h[3][SIDE], slope[3][SIDE], d[2][SIDE];
    for (int i = 0; i < 23; i++) EACH p[i][s] = from[i * SIDE + s];
    for (long step = 0; step < epochs * count; step++) {
      const float *x = pictures + step % count * 4, *t = targets + step % count * 2;
      float miss[2] = {rate * (0.5f - t[0]), rate * (0.5f - t[1])};
      UNROLLED for (int j = 0; j < 3; j++) EACH {
        vector low = p[4 * j + 2][s] * x[2] + (p[4 * j + 3][s] * x[3] + p[12 + j][s]);
        vector r = above_half(p[4 * j][s] * x[0] + (p[4 * j + 1][s] * x[1] + low));
        h[j][s] = r + 0.5f;
        slope[j][s] = 0.25f - r * r;
      }
      UNROLLED for (int j = 0; j < 2; j++) EACH {
        vector low = p[16 + 3 * j][s] * h[1][s] + (p[17 + 3 * j][s] * h[2][s] + p[21 + j][s]);
        vector r = above_half(p[15 + 3 * j][s] * h[0][s] + low);
        d[j][s] = (rate * r + miss[j]) * (0.25f - r * r); /* rate * delta */
      }
      UNROLLED for (int j = 0; j < 3; j++) EACH {
        vector e = (p[15 + j][s] * d[0][s] + p[18 + j][s] * d[1][s]) * slope[j][s];
        p[15 + j][s] -= d[0][s] * h[j][s];
        p[18 + j][s] -= d[1][s] * h[j][s];
        UNROLLED for (int i = 0; i < 4; i++) p[4 * j + i][s] -= e * x[i];
        p[12 + j][s] -= e;
      }
      EACH {
        p[21][s] -= d[0][s];
        p[22][s] -= d[1][s];
      }
    }
    for (int i = 0; i < 23; i++) EACH from[i * SIDE + s] = p[i][s];
  }
}
