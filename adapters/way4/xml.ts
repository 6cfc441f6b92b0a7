// XML in and out, as small as UFX needs it: elements in order, attributes, text. No DTD, no entities but the five of XML itself and
// character references, so a hostile answer can neither grow nor reach outside. One shape serves both directions.

import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element's content: its text, or its children in document order. Keys that start with `@` are attributes. */
type XmlNode = string | XmlTree;
export interface XmlTree {
  [name: string]: XmlNode | XmlNode[] | undefined;
}

/** Elements that may stand several times beside each other in UFX; they are always read as lists. */
const repeated = new Set(['Parm', 'TransRule', 'SecParm', 'Balance', 'Doc']);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  isArray: (name) => repeated.has(name),
});

/** Reads one XML document. Throws a SyntaxError (without any of the text) when it is not well formed or brings a DTD. */
export function readXml(text: string): XmlTree {
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) throw new SyntaxError('a DTD is not accepted');
  if (XMLValidator.validate(text) !== true) throw new SyntaxError('not well-formed XML');
  const tree = decoded(parsed(text));
  if (typeof tree === 'string' || Object.keys(tree).length !== 1) throw new SyntaxError('not one XML document');
  return tree;
}

// The validator lets some cut-off documents pass (`<x/`), on which the parser then throws an error that quotes them.
function parsed(text: string): ReturnType<typeof parser.parse> {
  try {
    return parser.parse(text);
  } catch {
    throw new SyntaxError('not well-formed XML');
  }
}

/** Writes one document in UTF-8, Vietnamese in NFC. Undefined children are left out; lists become repeated elements. */
export function writeXml(tree: XmlTree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${children(tree)}`;
}

function children(tree: XmlTree): string {
  return Object.entries(tree)
    .filter(([name]) => !name.startsWith('@'))
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((node) => element(name, node)))
    .join('');
}

function element(name: string, node: XmlNode | undefined): string {
  if (node === undefined) return '';
  if (typeof node === 'string') return `<${name}>${escaped(node)}</${name}>`;
  const head = Object.entries(node)
    .map(([key, value]) => (key.startsWith('@') && typeof value === 'string' ? ` ${key.slice(1)}="${escaped(value)}"` : ''))
    .join('');
  return `<${name}${head}>${children(node)}</${name}>`;
}

const entityOf: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const characterOf: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
// What XML 1.0 cannot carry even as a reference: a document with one of these would be refused whole.
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(forbidden, '')
    .replaceAll(/[&<>"']/g, (character) => entityOf[character] ?? '');
}

function decoded(node: unknown): XmlNode {
  if (typeof node !== 'object' || node === null) return unescaped(String(node));
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, Array.isArray(value) ? value.map(decoded) : decoded(value)]),
  );
}

function unescaped(text: string): string {
  return text
    .replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return characterOf[name] ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole;
    })
    .normalize('NFC');
}
