// The part of pdfmake 0.3 that we use; the package brings no types of its own.

declare module 'pdfmake' {
  /** A node of a document: a text, a list of nodes, or an object with one of pdfmake's own members (text, table, stack, …). */
  export type Content = string | readonly Content[] | { readonly [property: string]: unknown };

  export interface DocumentDefinition {
    content: Content;
    footer?: (currentPage: number, pageCount: number) => Content;
    styles?: Record<string, object>;
    defaultStyle?: object;
    pageSize?: string;
    pageMargins?: [number, number, number, number];
    info?: Record<string, string | Date>;
    version?: string;
    language?: string;
    displayTitle?: boolean;
    compress?: boolean;
  }

  interface Pdfmake {
    setFonts: (fonts: Record<string, Record<'normal' | 'bold' | 'italics' | 'bolditalics', string>>) => void;
    setUrlAccessPolicy: (isAllowed: (url: string) => boolean) => void;
    setLocalAccessPolicy: (isAllowed: (path: string) => boolean) => void;
    createPdf: (
      definition: DocumentDefinition,
      options?: { tableLayouts?: Record<string, object> },
    ) => { getBuffer: () => Promise<Uint8Array> };
  }

  const pdfmake: Pdfmake;
  export default pdfmake;
}
