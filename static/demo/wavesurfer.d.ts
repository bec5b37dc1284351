// The wavesurfer.js bundles that the page loads; they have no declarations of their own.

declare module "*/wavesurfer.esm.js" {
  export { default } from "wavesurfer.js";
}

declare module "*/regions.esm.js" {
  export { default } from "wavesurfer.js/plugins/regions";
}
