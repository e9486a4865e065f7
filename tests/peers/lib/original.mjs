// Where a JavaScript tokenizer cannot stand for the original one.

// \s, and letters and numbers of Unicode 15.1 to 17, which llama.cpp or this Node.js may not know yet.
const DIFFERS = new RegExp(`[\\u0085\\ufeff\\u088f\\u0c5c\\u0cdc\\u1c89\\u1c8a\\ua7cb-\\ua7cf\\ua7d2\\ua7d4\\ua7da-\\ua7dc\\ua7f1${[
  '105c0-105f3', '10940-10959', '10d40-10d85', '10ec2-10ec7', '11380-113d3', '116d0-116e3', '11bc0-11bf9', '11db0-11de9', '13460-143fa',
  '16100-16139', '16d40-16d79', '16ea0-16ed3', '16ff2-16ff6', '187f8-187ff', '18cff-18cff', '18d09-18df2', '1ccf0-1ccf9', '1e5d0-1e5fa',
  '1e6c0-1e6ff', '2b73a-2b73f', '2cea2-2cead', '2ebf0-2ee5d', '323b0-33479',
].map((range) => range.replace(/[0-9a-f]+/g, '\\u{$&}')).join('')}]`, 'u');

export const jsDiffers = (text) => DIFFERS.test(text);
