"""exp, log, tanh, sigmoid and cos(pi x).

Each function has one definition, with the same bits in every language.

Every function is a list of assignments in float64 with + - * /, comparisons and the three operations of `primitives`.
Every processor rounds each operation once and in the same way, so that the result depends only on x. This file is
also data: `definitions` reads it for LLVM and for exported programs, and the page's build (`web/elementary.ts`) reads it
for the browser. Therefore it has only constants, functions, assignments and one `return` per function, and each
statement is valid in Python, C and JavaScript. No language may fuse a product and a sum (FMA), or reorder them.

Each docstring has the largest error that `tests/numerics/test_elementary.py` finds, in units in the last place (ulp).
"""

from tinynet.numerics.primitives import exponent, power2, select

LARGEST = 1.7976931348623157e308
SMALLEST_NORMAL = 2.2250738585072014e-308
WHOLE = 6755399441055744.0  # 1.5 * 2**52: a number added to it is rounded to a whole one
HALF_BITS = 134217729.0  # 2**27 + 1: multiplies a number to split it into two of 26 bits (Veltkamp 1968)
FROM_26_BITS = 100663296.0  # 1.5 * 2**26: a number added to it is rounded to a multiple of 2**-26
LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238  # 32 bits of ln 2, so that k * LN2_HIGH is exact
LN2_LOW = 1.9082149292705877e-10  # the rest of ln 2
SQRT_2 = 1.4142135623730951
PI_HIGH = 3.1415926218032837  # 26 bits of pi
PI_LOW = 3.178650954705639e-08  # the rest of pi
HALF_PI2_HIGH = 4.934802174568176  # 26 bits of pi**2 / 2
HALF_PI2_LOW = 2.5976503039885996e-08


def nearest(x: float) -> float:
    """Return the whole number nearest to x, for |x| below 2**51."""
    return (x + WHOLE) - WHOLE


def times_power2(x: float, k: float) -> float:
    """Return x * 2**k for whole k.

    k is from -2044 to 2046. The result is rounded once at most.
    """
    half = nearest(k * 0.5)
    return x * power2(half) * power2(k - half)


def growth(r: float) -> float:
    """Return e**r - 1 - r for |r| <= 0.35.

    The polynomial (Chebyshev fit) leaves out less than 4e-19.
    """
    z = r * r
    w = z * z
    a0 = 0.16666666666666669 + 0.041666666666666664 * r
    a1 = 0.008333333333330062 + 0.0013888888888886552 * r
    b0 = 0.00019841269863053618 + 2.4801587317144498e-05 * r
    b1 = 2.7557268459997064e-06 + 2.755728296954995e-07 * r
    c = 2.510038549551032e-08 + 2.0911236630261545e-09 * r
    return z * (0.5 + r * ((a0 + z * a1) + w * ((b0 + z * b1) + w * c)))


def quotient(n: float, n_low: float, d: float, d_low: float) -> float:
    """Return (n + n_low) / (d + d_low) for d from 1 to 2.

    The low parts are the rounding errors of n and d. The first quotient q is cut to 26 bits, so that its product with
    either half of d is exact. The remainder is exact, too.
    """
    inverse = 1.0 / d
    first = n * inverse
    wide = first * HALF_BITS
    q = wide - (wide - first)
    d_high = (d + FROM_26_BITS) - FROM_26_BITS
    rest = ((n - q * d_high) - q * (d - d_high)) + (n_low - q * d_low)
    return q + rest * inverse


def exp(x: float) -> float:
    """Return e**x; error below 0.80 ulp.

    x = k ln 2 + r, and e**r = 1 + high + low.
    """
    u = select(x < -750.0, -750.0, select(x > 750.0, 750.0, x))
    k = nearest(u * LOG2_E)
    r = u - k * LN2_HIGH
    more = growth(r - k * LN2_LOW) - k * LN2_LOW
    high = r + more
    low = (r - high) + more
    y = 1.0 + high
    return times_power2(y + (((1.0 - y) + high) + low), k)


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e**-x); error below 0.80 ulp.

    With e = e**-|x| it is 1 / (1 + e) for x >= 0 and e / (1 + e) below.
    """
    below = select(x < 0.0, x, -x)
    u = select(below < -750.0, -750.0, below)
    k = nearest(u * LOG2_E)
    r = u - k * LN2_HIGH
    more = growth(r - k * LN2_LOW) - k * LN2_LOW
    high = r + more
    low = (r - high) + more
    y = 1.0 + high
    y_low = ((1.0 - y) + high) + low
    p = power2(select(k < -100.0, -100.0, k))
    d = 1.0 + p * y
    d_low = ((1.0 - d) + p * y) + p * y_low
    ratio = quotient(select(x < 0.0, y, 1.0), select(x < 0.0, y_low, 0.0), d, d_low)
    return times_power2(ratio, select(x < 0.0, k, 0.0))


def tanh(x: float) -> float:
    """Return the hyperbolic tangent; error below 0.80 ulp.

    With e = e**(-2|x|) it is (1 - e) / (1 + e), with x's sign.
    """
    below = select(x < 0.0, x, -x) * 2.0
    u = select(below < -60.0, -60.0, below)
    k = nearest(u * LOG2_E)
    r = u - k * LN2_HIGH
    more = growth(r - k * LN2_LOW) - k * LN2_LOW
    high = r + more
    low = (r - high) + more
    p = power2(k)
    less = 1.0 - p
    n = less - p * high
    n_low = (((less - n) - p * high) - p * low) + ((1.0 - less) - p)
    plus = 1.0 + p
    d = plus + p * high
    d_low = (((plus - d) + p * high) + p * low) + ((1.0 - plus) + p)
    ratio = quotient(n, n_low, d, d_low)
    return select(below > -1e-9, x, select(x < 0.0, -ratio, ratio))


def log(x: float) -> float:
    """Return the natural logarithm; -inf at 0, NaN below; error below 0.85 ulp.

    x = 2**k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), and s = f / (2 + f): log(1 + f) = 2 (s + s**3/3 + s**5/5 + ...).
    """
    positive = select(x > 0.0, x, 1.0)
    small = positive < SMALLEST_NORMAL
    normal = select(small, positive * 18014398509481984.0, positive)
    e = exponent(normal)
    half = nearest(e * 0.5)
    m = normal * power2(-half) * power2(half - e)
    big = m > SQRT_2
    f = select(big, m * 0.5, m) - 1.0
    k = select(big, e + 1.0, e) - select(small, 54.0, 0.0)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    a = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
    b0 = 0.6666666666666735 + 0.2857142874366239 * w
    b = z * (b0 + (w * w) * (0.1818357216161805 + 0.14798198605116586 * w))
    h = 0.5 * f * f
    found = k * LN2_HIGH - ((h - (s * (h + (a + b)) + k * LN2_LOW)) - f)
    infinite = LARGEST * 10.0
    return select(x > 0.0, select(x > LARGEST, x, found), select(x == 0.0, -infinite, infinite - infinite))


def cos_pi(x: float) -> float:
    """Return cos(pi x) for x from 0 to 1; error below 0.90 ulp.

    From 1/4 to 3/4 it is sin(pi y) with y = 1/2 - x; outside it is cos(pi y) with y = x or 1 - x.
    """
    y = select(x < 0.25, x, select(x > 0.75, 1.0 - x, 0.5 - x))
    wide = y * HALF_BITS
    y_high = wide - (wide - y)
    y_low = y - y_high
    z = y * y
    w = z * z
    a = (-5.16771278004997 + 2.550164039877345 * z) + w * (-0.5992645293206478 + 0.08214588659727123 * z)
    b = (-0.0073704303121051385 + 0.00046628792964752705 * z) + w * -2.1742050080218106e-05
    sine = y_high * PI_HIGH + ((y_high * PI_LOW + y_low * (PI_HIGH + PI_LOW)) + y * (z * (a + w * w * b)))
    wide_z = z * HALF_BITS
    z_high = wide_z - (wide_z - z)
    z_low = (z - z_high) + (((y_high * y_high - z) + 2.0 * y_high * y_low) + y_low * y_low)
    c = (HALF_PI2_LOW - 4.058712126416765 * z) + w * (1.335262768853809 - 0.2353306302839623 * z)
    d = (0.025806887963676355 - 0.0019294938588529202 * z) + w * 0.00010370073638949864
    less = z_high * HALF_PI2_HIGH
    near = 1.0 - less
    cosine = near + (((1.0 - near) - less) - (z_low * HALF_PI2_HIGH + z * (c + w * w * d)))
    return select(x < 0.25, cosine, select(x > 0.75, -cosine, sine))
