/* paths.c - see paths.h. Paths come from archives and folders, so they may contain any bytes. */
#include "paths.h"

#include <string.h>

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool begins_with(const char *text, size_t len, const char *word)
{
  size_t i = 0;
  while (i < len && word[i] && lower(text[i]) == word[i])
    i++;
  return word[i] == 0;
}

static bool is_word(ink_component name, const char *word)
{
  return name.len == strlen(word) && begins_with(name.text, name.len, word);
}

static bool contains(ink_component name, const char *word)
{
  for (size_t i = 0; i < name.len; i++)
    if (begins_with(name.text + i, name.len - i, word))
      return true;
  return false;
}

const char *ink_path_start(const char *path)
{
  while (path[0] == '.' && path[1] == '/')
    path += 2;
  return path;
}

/* Returns the component that ends before path[end]. */
static ink_component component_before(const char *path, size_t end)
{
  size_t start = end;
  while (start > 0 && path[start - 1] != '/')
    start--;
  return (ink_component){path + start, end - start};
}

/* Returns where the component before that one ends; 0 if there is none. */
static size_t end_before(const char *path, ink_component component)
{
  return component.text > path ? (size_t)(component.text - path) - 1 : 0;
}

void ink_path_last(const char *path, ink_component last[3])
{
  size_t end = strlen(path);
  for (int i = 2; i >= 0; i--) {
    last[i] = component_before(path, end);
    end = end_before(path, last[i]);
  }
}

bool ink_path_is_litter(const char *path)
{
  const size_t len = strlen(path);
  const ink_component file = component_before(path, len);
  if (file.len == 0 || is_word(file, "thumbs.db") || is_word(file, "desktop.ini"))
    return true;
  for (size_t end = len; end > 0;) {
    const ink_component name = component_before(path, end);
    const bool dots = is_word(name, ".") || is_word(name, "..");
    if ((name.len > 0 && name.text[0] == '.' && !dots) || is_word(name, "__macosx"))
      return true;
    end = end_before(path, name);
  }
  return false;
}

ink_role ink_role_of_folder(ink_component name)
{
  static const struct {
    const char *name;
    ink_role role;
  } names[] = {{"training", INK_TRAIN}, {"train", INK_TRAIN},      {"testing", INK_TEST},
               {"test", INK_TEST},      {"validation", INK_VALID}, {"valid", INK_VALID},
               {"val", INK_VALID}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (is_word(name, names[i].name))
      return names[i].role;
  return INK_ROLES;
}

static bool is_letter(char c)
{
  return lower(c) >= 'a' && lower(c) <= 'z';
}

/*
 * Returns whether a word is there with no letter beside it: "val" is also in "interval" and
 * "naval".
 */
static bool has_word(ink_component name, const char *word)
{
  const size_t len = strlen(word);
  for (size_t i = 0; i + len <= name.len; i++)
    if (begins_with(name.text + i, name.len - i, word) &&
        (i == 0 || !is_letter(name.text[i - 1])) &&
        (i + len == name.len || !is_letter(name.text[i + len])))
      return true;
  return false;
}

static ink_role role_of_words(ink_component name)
{
  if (contains(name, "train"))
    return INK_TRAIN;
  if (contains(name, "t10k") || contains(name, "test"))
    return INK_TEST;
  if (has_word(name, "val") || contains(name, "valid"))
    return INK_VALID;
  return INK_ROLES;
}

ink_role ink_role_of_idx(const char *path)
{
  for (size_t end = strlen(path); end > 0;) {
    const ink_component name = component_before(path, end);
    const ink_role role = role_of_words(name);
    if (role != INK_ROLES)
      return role;
    end = end_before(path, name);
  }
  return INK_ROLES;
}
