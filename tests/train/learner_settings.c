/*
 * learner_settings.c - settings are read, refused with a message, and written.
 */
#include "learner_tests.h"

void test_settings(void)
{
  const struct {
    const char *text, *says;
  } wrong[] = {
      {"lr=0", "lr must be a number above 0 and up to 1000000, not '0'"},
      {"lr=-1", "lr must"},
      {"lr=", "not ''"},
      {"lr=nan", "not 'nan'"},
      {"lr=1e400", "lr must"},
      {"lr=0,1", "not '0,1'"},
      {"epochs=0", "from 1 to 10000"},
      {"epochs=1.5", "whole number"},
      {"batch=65537", "to 65536"},
      {"momentum=1", "to below 1"},
      {"seed=9007199254740992", "to 9007199254740991"},
      {"speed=3", "there is no setting 'speed'"},
      {"lr", "not ''"},
      {"lr=1:", "not ''"},
      {"lr=0:1", "not '0'"},
      {"optimizer=sdg", "optimizer must be one of sgd, adam, adamw, fastai_adam, not 'sdg'"},
      {"schedule=", "one of constant"},
      {"augment=", "elastic), not ''"},
      {"augment=fastai,flip", "not 'fastai,flip'"},
      {"augment=fastai,-flip,", "augment must"},
      {"augment=fastai,-turn", "augment must"},
      {"augment=none,-flip", "augment must"},
      {"augment=fastai ,-flip", "augment must"},
      {"augment=fast", "augment must"},
      {"augment=63", "augment must"},
      {"pct_start=1", "to below 1"},
      {"eps=0", "above 0"},
  };
  ink_settings s;
  ink_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK(ink_settings_parse(&s, wrong[i].text, &err) == INK_E_ARGUMENT, "'%s' is taken",
          wrong[i].text);
    CHECK(strstr(err.text, wrong[i].says), "'%s' says: %s", wrong[i].text, err.text);
  }
  CHECK(ink_settings_parse(&s, "model=linear(5) relu\n\nlr=1e-3\nseed=9007199254740991", &err) ==
                INK_OK &&
            s.lr == 1e-3 && s.seed == 9007199254740991.0 &&
            strcmp(s.model, "linear(5) relu") == 0 && s.batch == 256,
        "good settings");
}

/* Settings that are written are read as the same. */
void test_settings_text(void)
{
  const struct {
    const char *given, *written;
  } augments[] = {{"none", "none"},
                  {"fastai", "fastai"},
                  {"fastai_no_flip", "fastai,-flip"},
                  {"fastai,-warp,-flip,-warp", "fastai,-flip,-warp"},
                  {"fastai_no_flip,-lighting", "fastai,-flip,-lighting"},
                  {"fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting",
                   "fastai,-flip,-rotate,-zoom,-warp,-crop,-lighting"}};
  const char *rates[][2] = {{"0.1", "lr=0.10000000000000001\n"},
                            {"1e-06:0.0001", "lr=9.9999999999999995e-07:0.0001\n"},
                            {":0.5", "lr=:0.5\n"}};
  for (size_t i = 0; i < sizeof augments / sizeof *augments; i++) {
    char text[512], first[4096], second[4096], line[128];
    ink_settings s, again;
    ink_error err;
    snprintf(text, sizeof text,
             "model=linear(3) relu "
             "linear(classes)\nlr=%s\noptimizer=adamw\nschedule=one_cycle\nseed=7\naugment=%s",
             rates[i % 3][0], augments[i].given);
    CHECK(ink_settings_parse(&s, text, &err) == INK_OK, "%s", text);
    const size_t len = ink_settings_write(&s, first, sizeof first);
    snprintf(line, sizeof line, "\naugment=%s\n", augments[i].written);
    CHECK(len == strlen(first) && strstr(first, line) && strstr(first, rates[i % 3][1]),
          "%s is written as %s", text, first);
    CHECK(ink_settings_parse(&again, first, &err) == INK_OK &&
              ink_settings_write(&again, second, sizeof second) == len &&
              strcmp(first, second) == 0,
          "%s reads back as %s", first, second);
    CHECK(ink_settings_write(&s, first, 10) == len && strlen(first) == 9,
          "it is cut where the room ends");
  }
}

/* Impossible settings are refused before anything is trained, and nothing leaks. */
void test_refused(void)
{
  ink_dataset *data = make_dataset(3, 8, 3);
  const struct {
    const char *text, *says;
    ink_status status;
  } cases[] = {
      {"model=linear(2)",
       "the model must end in 3 values, one for each class, but ends in 2 values", INK_E_MODEL},
      {"model=linear(4)", "but ends in 4 values: end it with linear(classes)", INK_E_MODEL},
      {"model=linear(4) bn linear(classes)\nbatch=1",
       "mini-batches of 1, one holds a single picture", INK_E_ARGUMENT},
      {"model=linear(4) bn linear(classes)\nbatch=7", "choose another batch, or drop_last",
       INK_E_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ink_settings settings;
    ink_error err = {0};
    size_t bytes;
    const size_t live = ink_live_allocations();
    ink_learner *learner = NULL;
    CHECK(ink_settings_parse(&settings, cases[i].text, &err) == INK_OK, "%s", err.text);
    const ink_status status = ink_learner_bytes(data, &settings, NULL, &bytes, &err);
    CHECK(status == cases[i].status && strstr(err.text, cases[i].says), "%s: status %d: %s",
          cases[i].text, (int)status, err.text);
    CHECK(ink_learner_create(&learner, data, &settings, NULL, &err) == cases[i].status && !learner,
          "%s is made", cases[i].text);
    CHECK(ink_live_allocations() == live, "%s leaks", cases[i].text);
  }
  ink_dataset_free(data);
}
