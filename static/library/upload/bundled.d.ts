/** The class without its parts for browsers and Node, which the package declares as a whole. */
declare module "tus-js-client/lib/upload.js" {
  export default class Upload {
    static defaultOptions: object;
    constructor(source: object, options: object);
    url: string;
    start(): void;
    abort(): Promise<void>;
  }
}
