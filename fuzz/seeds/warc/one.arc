filedesc://a 0.0.0.0 20250128093100 text/plain 3
1 0
http://x/1 1.2.3.4 20250128093100 text/html 22
HTTP/1.0 200 OK

<p>xyz
