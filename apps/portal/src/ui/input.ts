// antd's index of Input brings its password, search, one-time and text area kinds along; a page needs the plain one.
export { default as Input } from 'antd/es/input/Input';
