/** What the builder does not: what is shipped is without what only people need, and scripts as short as they get. */
const { rspack } = require('@rspack/core');

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
  },
  optimization: {
    minimizer: [
      new rspack.SwcJsMinimizerRspackPlugin({
        minimizerOptions: {
          ecma: 2022,
          compress: {
            passes: 3,
            ecma: 2022,
            pure_getters: true,
            unsafe_arrows: true,
            unsafe_methods: true
          },
          format: { comments: false }
        }
      })
    ]
  }
};
