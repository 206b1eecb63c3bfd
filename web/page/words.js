// @ts-check
/** words.js - adds the words that are not needed in the first second. */
import { addWords } from './strings.js';
import words from './strings/en-later.js';

addWords(words);
