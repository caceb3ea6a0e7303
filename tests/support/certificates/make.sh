#!/bin/sh
# Makes the private authority and the server certificate that the egress tests use. The keys protect nothing.
set -e
cd "$(dirname "$0")"
curve="ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 -newkey $curve -keyout authority.key -out authority.pem -days 36500 -subj "/CN=Tenantry test authority"
openssl req -newkey $curve -keyout server.key -out server.csr -subj "/CN=one.example.test"
printf 'subjectAltName=DNS:one.example.test,DNS:two.example.test' > names
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -out server.pem -days 36500 -extfile names
rm -f authority.key authority.srl server.csr names
