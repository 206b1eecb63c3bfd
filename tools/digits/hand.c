/*
 * hand.c - the movement of a hand: from a style of the table to the strokes of one picture.
 *
 * A writer differs from the table in stages, each with its own random numbers: a mixture of the
 * poses of the style; every control point a little off; every stroke a little off; corners rounded
 * by haste; then slant, width and bends of the whole. All lengths are in hundredths of the height
 * of the digit.
 *
 * The spreads below were chosen by comparing the pictures and their statistics (slant, width to
 * height, ink) with the training half of MNIST, and by how well a small network reads MNIST that
 * learnt from these pictures only. Spreads a little wider than those of people are best for it.
 */
#include "digits.h"

#include <math.h>
#include <string.h>

typedef struct {
  double x, y;
} point;

typedef struct {
  int n_points;
  point at[MAX_POINTS];
  bool corner[MAX_POINTS];
} stroke;

typedef struct {
  int n_strokes;
  stroke strokes[MAX_STROKES];
} pose;

enum { MAX_STYLES = 128 };

static struct {
  int n_poses;
  pose poses[MAX_POSES];
} learnt[MAX_STYLES];

/* -- Reading the table ------------------------------------------------------------------------ */

static bool read_pose(pose *p, const char *text)
{
  *p = (pose){.n_strokes = 1};
  while (*text) {
    stroke *s = &p->strokes[p->n_strokes - 1];
    double x, y;
    int used = 0;
    if (sscanf(text, " %lf,%lf%n", &x, &y, &used) == 2 && s->n_points < MAX_POINTS) {
      s->at[s->n_points] = (point){x, y};
      text += used;
      s->corner[s->n_points++] = *text == '!';
      text += *text == '!';
    } else if (text[0] == ' ' && text[1] == '|' && p->n_strokes < MAX_STROKES) {
      p->n_strokes++;
      text += 2;
    } else {
      return false;
    }
  }
  for (int i = 0; i < p->n_strokes; i++)
    if (p->strokes[i].n_points < 2)
      return false;
  return true;
}

static bool same_build(const pose *a, const pose *b)
{
  if (a->n_strokes != b->n_strokes)
    return false;
  for (int i = 0; i < a->n_strokes; i++)
    if (a->strokes[i].n_points != b->strokes[i].n_points ||
        memcmp(a->strokes[i].corner, b->strokes[i].corner, sizeof a->strokes[i].corner) != 0)
      return false;
  return true;
}

bool hand_learn(void)
{
  for (size_t i = 0; i < n_styles; i++) {
    const style *s = &styles[i];
    int n = 0;
    bool ok = i < MAX_STYLES && s->digit >= 0 && s->digit <= 9 && s->poses[0];
    for (; ok && n < MAX_POSES && s->poses[n]; n++)
      ok = read_pose(&learnt[i].poses[n], s->poses[n]) &&
           same_build(&learnt[i].poses[0], &learnt[i].poses[n]);
    if (!ok) {
      fprintf(stderr, "digits: style %d '%s', pose %d: bad points, or unlike the first pose\n",
              s->digit, s->name, n);
      return false;
    }
    learnt[i].n_poses = n;
  }
  return true;
}

/* -- Choosing and mixing ---------------------------------------------------------------------- */

static size_t choose_style(int digit, rng *r)
{
  double sum = 0;
  for (size_t i = 0; i < n_styles; i++)
    sum += styles[i].digit == digit ? styles[i].weight : 0;
  double left = rng_uniform(r, 0, sum);
  size_t chosen = 0;
  for (size_t i = 0; i < n_styles && left >= 0; i++)
    if (styles[i].digit == digit) {
      chosen = i;
      left -= styles[i].weight;
    }
  return chosen;
}

/* Sets `out` to a weighted mean of the poses of a style, a little beyond the range of the poses. */
static void mix_poses(pose *out, size_t index, rng *r)
{
  const int n = learnt[index].n_poses;
  const double overshoot = 1.15;
  double w[MAX_POSES], sum = 0;
  for (int k = 0; k < n; k++) {
    const double u = rng_uniform(r, 0, 1);
    w[k] = u * u; /* the square makes single poses likelier than the middle */
    sum += w[k];
  }
  for (int k = 0; k < n; k++)
    w[k] = 1.0 / n + overshoot * (w[k] / (sum + 1e-9) - 1.0 / n);

  *out = learnt[index].poses[0]; /* strokes, points and corners; the positions follow */
  for (int i = 0; i < out->n_strokes; i++)
    for (int j = 0; j < out->strokes[i].n_points; j++) {
      point p = {0, 0};
      for (int k = 0; k < n; k++) {
        p.x += w[k] * learnt[index].poses[k].strokes[i].at[j].x;
        p.y += w[k] * learnt[index].poses[k].strokes[i].at[j].y;
      }
      out->strokes[i].at[j] = p;
    }
}

/* Moves each control point at random; moves and scales each stroke at random. */
static void jitter(pose *p, rng *r)
{
  const double care =
      rng_uniform(r, 1.0, 8.0); /* standard deviation of a point: neat to careless writers */
  for (int i = 0; i < p->n_strokes; i++) {
    stroke *s = &p->strokes[i];
    const point shift = {i ? rng_normal(r, care) : 0, i ? rng_normal(r, care) : 0};
    const double grow_x = p->n_strokes > 1 ? rng_factor(r, 0.10) : 1;
    const double grow_y = p->n_strokes > 1 ? rng_factor(r, 0.10) : 1;
    const point first = s->at[0];
    for (int j = 0; j < s->n_points; j++) {
      s->at[j].x = first.x + (s->at[j].x - first.x) * grow_x + shift.x + rng_normal(r, care);
      s->at[j].y = first.y + (s->at[j].y - first.y) * grow_y + shift.y + rng_normal(r, care);
    }
  }
}

/* -- From control points to a line ------------------------------------------------------------ */

static double distance(point a, point b)
{
  return sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

static point lerp(point a, point b, double t)
{
  return (point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
}

/*
 * Centripetal Catmull-Rom between b and c (Barry and Goldman's pyramid): unlike the uniform one
 * it makes no cusps or loops of its own where control points crowd. 0 <= t <= 1.
 */
static point curve(point a, point b, point c, point d, double t)
{
  const double least = 1e-3; /* the least knot span: coincident points must not divide by zero */
  const double k1 = fmax(sqrt(distance(a, b)), least);
  const double k2 = k1 + fmax(sqrt(distance(b, c)), least);
  const double k3 = k2 + fmax(sqrt(distance(c, d)), least);
  const double k = k1 + t * (k2 - k1);
  const point ab = lerp(a, b, k / k1), bc = lerp(b, c, (k - k1) / (k2 - k1));
  const point cd = lerp(c, d, (k - k2) / (k3 - k2));
  const point abc = lerp(ab, bc, k / k2), bcd = lerp(bc, cd, (k - k1) / (k3 - k1));
  return lerp(abc, bcd, (k - k1) / (k2 - k1));
}

/* Returns the point before the first or after the last one of a smooth run: mirrored at its end. */
static point mirror(point end, point inner)
{
  return (point){2 * end.x - inner.x, 2 * end.y - inner.y};
}

/* Samples a stroke every `step` along its length. */
static int trace(const stroke *s, point *out, double step)
{
  enum { FINE = 16 };
  int n = 0;
  double due = 0; /* length until the next sample */
  point last = s->at[0];
  for (int i = 0; i + 1 < s->n_points; i++) {
    const point b = s->at[i], c = s->at[i + 1];
    const point a = i == 0 || s->corner[i] ? mirror(b, c) : s->at[i - 1];
    const point d = i + 2 == s->n_points || s->corner[i + 1] ? mirror(c, b) : s->at[i + 2];
    for (int f = 1; f <= FINE; f++) {
      const point p = curve(a, b, c, d, f / (double)FINE);
      const double len = distance(last, p);
      double gone = due;
      for (; gone <= len && n < MAX_SAMPLES - 1; gone += step)
        out[n++] = lerp(last, p, len > 0 ? gone / len : 0);
      due = gone - len;
      last = p;
    }
  }
  out[n++] = last;
  return n;
}

/* Rounds corners, as haste does: averages neighbours repeatedly and keeps the ends. */
static void smooth(point *at, int n, int rounds)
{
  for (; rounds > 0; rounds--) {
    point before = at[0];
    for (int i = 1; i + 1 < n; i++) {
      const point here = at[i];
      at[i].x = 0.25 * before.x + 0.5 * here.x + 0.25 * at[i + 1].x;
      at[i].y = 0.25 * before.y + 0.5 * here.y + 0.25 * at[i + 1].y;
      before = here;
    }
  }
}

/* -- The whole digit -------------------------------------------------------------------------- */

/*
 * A map of the plane of degree two, which slants, rotates, narrows and bends the digits of a
 * writer.
 */
typedef struct {
  double xx, xy, yx, yy; /* linear part */
  double bend[2][3];     /* coefficients of u*u, u*v, v*v for x and for y */
} warp;

static warp choose_warp(rng *r)
{
  const double aspect = rng_factor(r, 0.20);
  const double slant = 0.10 + rng_normal(r, 0.24); /* tangent: 6 +- 11 degrees, to the right */
  const double turn = rng_normal(r, 0.035);        /* tangent of half the angle: sd 4 degrees */
  const double cosine = (1 - turn * turn) / (1 + turn * turn), sine = 2 * turn / (1 + turn * turn);
  warp w = {
      .xx = cosine * aspect,
      .xy = -cosine * slant - sine,
      .yx = sine * aspect,
      .yy = -sine * slant + cosine,
  };
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      w.bend[i][j] = rng_normal(r, 12);
  return w;
}

static point apply(const warp *w, point p)
{
  const double x = p.x - 50, y = p.y - 50, u = x / 50, v = y / 50;
  const double squares[3] = {u * u, u * v, v * v};
  point q = {50 + w->xx * x + w->xy * y, 50 + w->yx * x + w->yy * y};
  for (int j = 0; j < 3; j++) {
    q.x += w->bend[0][j] * squares[j];
    q.y += w->bend[1][j] * squares[j];
  }
  return q;
}

static void draw_pose(drawing *d, const pose *p, rng *r)
{
  const warp w = choose_warp(r);

  const double step = 1.5;
  const int rounds = (int)rng_uniform(r, 0, 24); /* a blur of up to sqrt(24 / 2) steps: 5 units */
  const double tremor = rng_uniform(r, 0, 0.25);

  d->n_strokes = p->n_strokes;
  for (int i = 0; i < p->n_strokes; i++) {
    static point at[MAX_SAMPLES];
    const int n = trace(&p->strokes[i], at, step);
    smooth(at, n, rounds);
    point shake = {0, 0};
    for (int j = 0; j < n; j++) {
      shake.x = 0.9 * shake.x + rng_normal(r, tremor);
      shake.y = 0.9 * shake.y + rng_normal(r, tremor);
      const point q = apply(&w, at[j]);
      d->at[i][j] = (sample){q.x + shake.x, q.y + shake.y, 0};
    }
    d->n_samples[i] = n;
  }
}

void hand_draw(drawing *d, int digit, rng *r)
{
  pose p;
  mix_poses(&p, choose_style(digit, r), r);
  jitter(&p, r);
  draw_pose(d, &p, r);
}

void hand_scribble(drawing *d, rng *r)
{
  pose p = {.n_strokes = (int)rng_uniform(r, 1, 4)};
  for (int i = 0; i < p.n_strokes; i++) {
    stroke *s = &p.strokes[i];
    s->n_points = (int)rng_uniform(r, 3, 8);
    for (int j = 0; j < s->n_points; j++) {
      s->at[j] = (point){rng_uniform(r, 0, 100), rng_uniform(r, 0, 100)};
      s->corner[j] = rng_chance(r, 0.2);
    }
  }
  draw_pose(d, &p, r);
}
