/* Answers requests on stdin by libc, one JSON array a line.
 *
 *   A <node> <service> <flags> <family> <socktype> <protocol>   getaddrinfo
 *   N <address> <port> <flags>                                  getnameinfo
 *
 * Fields are parted by tabs; "\N" is a null pointer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const char *field) {
  return strcmp(field, "\\N") == 0 ? NULL : field;
}

static const char *code_name(int code) {
  switch (code) {
    case EAI_BADFLAGS: return "EAI_BADFLAGS";
    case EAI_NONAME: return "EAI_NONAME";
    case EAI_AGAIN: return "EAI_AGAIN";
    case EAI_FAIL: return "EAI_FAIL";
    case EAI_NODATA: return "EAI_NODATA";
    case EAI_FAMILY: return "EAI_FAMILY";
    case EAI_SOCKTYPE: return "EAI_SOCKTYPE";
    case EAI_SERVICE: return "EAI_SERVICE";
    case EAI_ADDRFAMILY: return "EAI_ADDRFAMILY";
    case EAI_MEMORY: return "EAI_MEMORY";
    case EAI_SYSTEM: return "EAI_SYSTEM";
    case EAI_OVERFLOW: return "EAI_OVERFLOW";
    case EAI_IDN_ENCODE: return "EAI_IDN_ENCODE";
    default: return "EAI_?";
  }
}

static void print_addr(const struct addrinfo *info) {
  char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE];
  if (info->ai_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)info->ai_addr;
    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    printf("%s:%d", host, ntohs(in->sin_port));
  } else {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)info->ai_addr;
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    printf("[%s", host);
    if (in6->sin6_scope_id != 0) printf("%%%s", if_indextoname(in6->sin6_scope_id, zone));
    printf("]:%d", ntohs(in6->sin6_port));
  }
}

static void answer_addrinfo(char **fields) {
  struct addrinfo hints = {0}, *list;
  hints.ai_flags = atoi(fields[3]);
  hints.ai_family = atoi(fields[4]);
  hints.ai_socktype = atoi(fields[5]);
  hints.ai_protocol = atoi(fields[6]);
  int code = getaddrinfo(text(fields[1]), text(fields[2]), &hints, &list);
  if (code != 0) {
    printf("[\"%s\"]\n", code_name(code));
    return;
  }
  printf("[");
  for (struct addrinfo *info = list; info != NULL; info = info->ai_next) {
    printf("%s\"%d/%d/%d ", info == list ? "" : ",", info->ai_family, info->ai_socktype,
           info->ai_protocol);
    print_addr(info);
    if (info->ai_canonname != NULL) printf(" %s", info->ai_canonname);
    printf("\"");
  }
  printf("]\n");
  freeaddrinfo(list);
}

static void answer_nameinfo(char **fields) {
  struct sockaddr_storage storage = {0};
  socklen_t length;
  int port = htons(atoi(fields[2]));
  if (strchr(fields[1], ':') != NULL) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    char *zone = strchr(fields[1], '%');
    if (zone != NULL) *zone++ = '\0';
    in6->sin6_family = AF_INET6;
    in6->sin6_port = port;
    inet_pton(AF_INET6, fields[1], &in6->sin6_addr);
    if (zone != NULL) in6->sin6_scope_id = if_nametoindex(zone);
    length = sizeof *in6;
  } else {
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    in->sin_family = AF_INET;
    in->sin_port = port;
    inet_pton(AF_INET, fields[1], &in->sin_addr);
    length = sizeof *in;
  }
  char host[NI_MAXHOST], service[NI_MAXSERV];
  int code = getnameinfo((struct sockaddr *)&storage, length, host, sizeof host, service,
                         sizeof service, atoi(fields[3]));
  if (code != 0) {
    printf("[\"%s\"]\n", code_name(code));
  } else {
    printf("[\"%s\",\"%s\"]\n", host, service);
  }
}

int main(void) {
  char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *fields[8], *rest = line;
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < 8; i++) fields[i] = rest == NULL ? "" : strsep(&rest, "\t");
    if (fields[0][0] == 'A') answer_addrinfo(fields);
    else answer_nameinfo(fields);
    fflush(stdout);
  }
  return 0;
}
