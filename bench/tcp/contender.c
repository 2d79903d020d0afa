/*
 * What the kernel allows: ping-pong of 64 bytes in C, by epoll as a server would
 * have it. Arguments: work, port, count, and for how many microseconds to ask again
 * before it waits.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { SIZE = 64, CONNS = 64 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 4) return 1;
  int conns = !strcmp(argv[1], "ping-pong") ? 1
              : !strcmp(argv[1], "ping-pong-64") ? CONNS : 0;
  if (conns == 0) return 1;
  int count = atoi(argv[3]), epoll_fd = epoll_create1(0);
  double spin = argc > 4 ? atoi(argv[4]) / 1e6 : 0;
  struct sockaddr_in peer = {.sin_family = AF_INET,
                             .sin_port = htons(atoi(argv[2]))};
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  char bytes[SIZE] = {0};
  double start = now();
  for (int i = 0; i < conns; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (connect(fd, (struct sockaddr *)&peer, sizeof peer)) return 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    send(fd, "e", 1, 0);
    send(fd, bytes, SIZE, 0);
  }
  for (int done = 0; done < count;) {
    struct epoll_event events[CONNS];
    int n = 0;
    if (spin > 0)
      for (double end = now() + spin; n == 0 && now() < end;)
        n = epoll_wait(epoll_fd, events, CONNS, 0);
    if (n == 0) n = epoll_wait(epoll_fd, events, CONNS, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (recv(fd, bytes, SIZE, MSG_WAITALL) != SIZE) return 1;
      if (++done < count) send(fd, bytes, SIZE, 0);
    }
  }
  printf("%f\n", count / (now() - start));
}
