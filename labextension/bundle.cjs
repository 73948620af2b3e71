/** What the builder does not: the style sheets are read by people and shipped without what only people need. */
module.exports = {
  module: {
    rules: [
      {
        test: /labextension[\\/]style[\\/].*\.css$/,
        enforce: 'pre',
        loader: 'builtin:lightningcss-loader',
        options: { minify: true }
      }
    ]
  }
};
