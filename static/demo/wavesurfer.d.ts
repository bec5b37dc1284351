// The bundles of wavesurfer.js that the page loads, which have no declarations of their own.

declare module "*/wavesurfer.esm.js" {
  export { default } from "wavesurfer.js";
}

declare module "*/regions.esm.js" {
  export { default } from "wavesurfer.js/plugins/regions";
}
